"""Steps, metrics, engines and formats of data that an installed package adds."""

import json
import os
import shutil
import subprocess
import sys

import pytest

SUITE = "prompts/titles"


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """Install a package of tests/packages into a folder of its own, and give the folder."""

    def install(source, into):
        copy = tmp_path_factory.mktemp("source") / source.name
        shutil.copytree(source, copy)  # a build writes beside what it builds
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
             "--no-build-isolation", "--target", str(into), str(copy)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return into

    return install


@pytest.fixture(scope="session")
def extras(installed, tmp_path_factory, request):
    source = request.config.rootpath / "tests" / "packages" / "dish-extras"
    return installed(source, tmp_path_factory.mktemp("extras"))


@pytest.fixture
def with_package(project):
    """Run the command in a process that sees the packages of some folders too."""

    def run(*words, packages):
        path = os.pathsep.join([*map(str, packages), os.environ.get("PYTHONPATH", "")])
        return subprocess.run(
            [sys.executable, "-c", "from harness.cli import main; main()", *words],
            cwd=project, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": path.strip(os.pathsep), "COLUMNS": "160"},
        )  # fmt: skip

    return run


@pytest.fixture
def suite(project, write):
    write(
        project / "datasets" / "dishes.yaml",
        """
        source: {format: bars, path: dishes/samples.txt}
        columns: {id: id, image: image, references: [title]}
        images: {root: dishes/images}
        """,
    )
    write(
        project / "datasets" / "dishes" / "samples.txt",
        """
        id | image | title
        s1 | s1.png | Lemon Shrimp
        s2 | s2.png | recipe of the day
        s3 | s3.png | Mushroom Toast
        """,
    )
    write(
        project / SUITE / "title.yaml",
        "user: Give a recipe.\npostprocess: [strip, no_exclamation]\n",
    )
    return write(
        project / SUITE / "suite.yaml",
        """
        dataset: dishes
        variants: [plain, title]
        models: [{name: bird, engine: parrot, model: none}, {name: sham, engine: fake, model: none}]
        metrics: [bleu, {same_first_word: {letters: 3}}]
        tokenizer: none
        """,
    )


def newest(project):
    return max((project / "results" / "titles").glob("*-*/run.json")).parent


def test_a_suite_runs_with_what_a_package_adds(project, suite, extras, with_package):
    done = with_package("run", SUITE, "--json", packages=[extras])
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    values = {(r["system"], r["metric"]): r["value"] for r in summary["results"]}
    assert values["bird/title", "FIRST_WORD"] == pytest.approx(1 / 3)
    assert {s["system"]: s["changed"] for s in summary["systems"]}["bird/title"] == 3
    assert {s["system"]: s["unapplied"] for s in summary["systems"]}["sham/title"] == {
        "no_exclamation": 3
    }
    signature = next(
        r["signature"]
        for r in summary["results"]
        if (r["system"], r["metric"]) == ("bird/title", "FIRST_WORD")
    )
    assert "|package:dish-extras-1.2|letters:3|" in signature
    assert "|pp:strip+no_exclamation(dish-extras-1.2)|" in signature

    run = json.loads((newest(project) / "run.json").read_text())
    assert run["versions"]["dish-extras"] == "1.2"
    assert run["code"] == [
        "step no_exclamation: the package dish-extras 1.2",
        "metric same_first_word: the package dish-extras 1.2",
        "engine parrot: the package dish-extras 1.2",
        "source bars: the package dish-extras 1.2",
    ]
    assert run["models"]["bird"]["identity"]["package"] == "dish-extras"
    assert "package" not in run["models"]["sham"]["identity"]

    again = with_package("run", SUITE, packages=[extras])
    assert "nothing has changed" in again.stdout, again.stdout


def test_a_new_version_is_scored_anew_and_asks_no_model(
    project, suite, extras, installed, with_package, tmp_path, request
):
    with_package("run", SUITE, packages=[extras])
    source = shutil.copytree(request.config.rootpath / "tests/packages/dish-extras", tmp_path / "s")
    code = source / "dish_extras.py"
    code.write_text(code.read_text().replace('text.replace("!", "")', 'text.replace("!", "?")'))
    done = with_package("run", SUITE, "--json", packages=[installed(source, tmp_path / "changed")])
    summary = json.loads(done.stdout)
    assert summary["generated"] == 0
    assert len(list((project / "results" / "titles").glob("*-*/run.json"))) == 2


def test_names_are_listed_with_their_package(extras, with_package):
    for kind, line in (
        ("steps", "no_exclamation (of dish-extras 1.2)"),
        ("metrics", "same_first_word (of dish-extras 1.2)"),
        ("engines", "parrot (of dish-extras 1.2)"),
        ("formats", "bars (of dish-extras 1.2)"),
    ):
        shown = with_package("list", kind, packages=[extras])
        assert line in shown.stdout.splitlines(), shown


def test_what_cannot_be_imported_is_an_error_only_where_it_is_used(
    project, suite, extras, with_package
):
    assert with_package("check", packages=[extras]).returncode == 0
    title = project / SUITE / "title.yaml"
    title.write_text(title.read_text().replace("no_exclamation", "not_there"))
    done = with_package("check", packages=[extras])
    assert done.returncode == 1
    assert (
        "title.yaml:2: the step 'not_there' of the package dish-extras 1.2 cannot be imported"
        in (done.stdout)
    )
    assert "No module named 'dish_extras.nowhere'" in done.stdout


def test_code_of_a_package_that_fails_is_told_with_its_name(project, suite, extras, with_package):
    rows = project / "datasets" / "dishes" / "samples.txt"
    rows.write_text(rows.read_text() + "s4 | s4.png\n")
    done = with_package("run", SUITE, packages=[extras])
    assert "samples.txt: the format 'bars' of the package dish-extras 1.2 failed" in done.stderr
    assert done.returncode == 1


def test_without_the_package_its_names_are_unknown(suite, with_package):
    done = with_package("check", packages=[])
    assert "'bars'" in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("group", "name", "others", "message"),
    [
        ("steps", "first_line", False, "and prompt-harness has one of that name"),
        ("steps", "json", False, "and prompt-harness has one of that name"),
        ("metrics", "cider", False, "and prompt-harness has one of that name"),
        ("engines", "vllm", False, "and prompt-harness has one of that name"),
        ("sources", "csv", False, "and prompt-harness has one of that name"),
        (
            "steps",
            "no_exclamation",
            True,
            "the packages dish-extras 1.2 and rival 3 both add a step",
        ),
        ("steps", "a b", False, "which is no name"),
    ],
)
def test_a_name_that_two_have_is_an_error_that_names_both(
    project, extras, with_package, tmp_path, group, name, others, message
):
    info = tmp_path / "rival" / "rival-3.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rival\nVersion: 3\n")
    (info / "entry_points.txt").write_text(f"[prompt_harness.{group}]\n{name} = rival:x\n")
    kind = {"sources": "formats"}.get(group, group)
    packages = [tmp_path / "rival", *([extras] if others else [])]
    done = with_package("list", kind, packages=packages)
    assert done.returncode == 1
    assert message in done.stderr
    assert "rival 3" in done.stderr
