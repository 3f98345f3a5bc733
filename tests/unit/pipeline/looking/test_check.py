"""`check` finds what `run` would refuse before it asks a model, in the same words."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from harness.config.load import load_suite
from harness.config.variables import parse_setting
from harness.engines.hub import check_local
from harness.errors import ConfigError, ConfigErrors, HarnessError
from harness.pipeline.asking.plan import Choice, make_plan
from harness.pipeline.looking.check import Looking, check

SUITE = "prompts/titles"


def refused(folder):
    """Go a run's way up to where it would ask, and give what stops it."""
    try:
        plan = make_plan(load_suite(folder), Choice(), pin=check_local)
        for _ in plan.requests():
            pass
    except ConfigErrors as error:
        return {str(problem) for problem in error.problems}
    except HarnessError as error:
        return {str(error)}
    return set()


def texts(checked):
    return {str(problem) for problem in checked.problems}


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


MISTAKES = {
    # Found 2026-11-25: all of these were "fine".
    "undefined variable": (f"{SUITE}/plain.yaml", "user: '{{ titel }}'\n", "plain.yaml:1"),
    "the references": (f"{SUITE}/plain.yaml", "user: '{{ references }}'\n", "plain.yaml:1"),
    "metadata": (f"{SUITE}/plain.yaml", "user: |\n  a\n  {{ metadata.titel }}\n", "plain.yaml:3"),
    "include": (f"{SUITE}/plain.yaml", "user: '{% include \"/etc/passwd\" %}'\n", "plain.yaml:1"),
    "no exemplar": (
        f"{SUITE}/plain.yaml",
        "user: x\nexemplars: {dataset: dishes, ids: [s9]}\n",
        "plain.yaml:2: dataset 'dishes' has no sample 's9'",
    ),
    "max_tokens": (
        f"{SUITE}/plain.yaml",
        "user: x\ngeneration: {max_tokens: many}\n",
        "plain.yaml:2: 'max_tokens' is 'many'",
    ),
    "temprature": (
        f"{SUITE}/plain.yaml",
        "user: x\ngeneration:\n  temprature: 1\n",
        "plain.yaml:3: the fake engine knows no sampling parameter 'temprature'\n"
        "  hint: did you mean 'temperature'?",
    ),
    "nan": (f"{SUITE}/plain.yaml", "user: x\ngeneration: {top_p: .nan}\n", "plain.yaml:2"),
    # Further members of the kind.
    "unknown step": (f"{SUITE}/plain.yaml", "user: x\npostprocess: [strp]\n", "plain.yaml:2"),
    "circle": (f"{SUITE}/plain.yaml", "extends: plain\n", "extend in a circle"),
    "long name": (f"{SUITE}/plain.yaml", f"extends: {'x' * 300}\n", "no variant"),
    "division": (f"{SUITE}/plain.yaml", "user: '{{ 1 / 0 }}'\n", "plain.yaml:1: division by zero"),
    "two steps of draws": (
        f"{SUITE}/plain.yaml",
        "user: x\ngeneration: {n: 3}\n",
        "plain.yaml:2: decoding 'greedy': 3 draws at temperature 0",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_wrong_in_a_variant_is_refused_alike(project, write, name):
    file, content, said = MISTAKES[name]
    (project / file).write_text(content)
    run = refused(project / SUITE)
    assert said in "\n".join(run)
    assert texts(check(project / SUITE)) == run
    assert run <= texts(check(project))
    assert run == texts(check(project / file))


SUITES = [
    ("variants: [plain, title]", "variants: [plain, titel]", ":2: no variant 'titel'"),
    ("[bleu, rouge_l, cider]", "[bleu, blue]", ":4: no metric is named 'blue'"),
    ("[bleu, rouge_l, cider]", "[bleu, {chrf: {worder: 1}}]", ":4: metric chrf has no option"),
    ("[bleu, rouge_l, cider]", "[bleu, bleu]", ":4: the metric 'bleu' is listed twice"),
    ("[bleu, rouge_l, cider]", "[{evaluate: me/my}]", ":4: me/my is code from the Hub"),
    ("engine: fake", "engine: fok", ":3: no engine is named 'fok'"),
    ("model: none", "model: none, args: {dely: 1}", ":3: the fake engine has no argument 'dely'"),
    ("engine: fake, model: none", "engine: vllm, model: ./gone", ":3: no such model folder: "),
    (
        "model: none}",
        "model: none}, {name: stand-in, engine: fake, model: x}",
        ":3: two models are named 'stand-in'",
    ),
    (
        "engine: fake, model: none",
        "engine: transformers, model: own/one, generation: {presence_penalty: 1}",
        ":3: the transformers engine knows no sampling parameter 'presence_penalty'\n"
        "  hint: vllm and openai would take it",
    ),
    ("tokenizer: none", "decoding: {a: {topp: 1}}", ":5: the fake engine knows no sampling"),
    ("tokenizer: none", "decoding: {a: {top_p: 2}}", ":5: 'top_p' is 2, not a number above 0"),
    ("engine: fake, model: none", "engine: replay, model: ./gone.csv", ":3: "),
    (
        "engine: fake, model: none",
        "engine: replay, model: ./gone.csv, args: {postprocess: strip}",
        ":3: 'args.postprocess' is 'strip', no list of steps",
    ),
    ("tokenizer: none", "decoding: {a: {min_tokens: 200}}", ":5: 'min_tokens' is 200, more than"),
    ("dataset: dishes", "dataset: dishse", ":1: no dataset 'dishse'"),
]


@pytest.mark.parametrize(("old", "new", "said"), SUITES)
def test_what_is_wrong_in_a_suite_is_refused_alike(project, old, new, said):
    path = project / SUITE / "suite.yaml"
    replace(path, old, new)
    run = refused(project / SUITE)
    assert f"{path}{said}" in "\n".join(run)
    assert texts(check(project / SUITE)) == run
    assert run <= texts(check(project))


DATASETS = [
    ("references: [title]", "references: [titel]", "has no column 'titel'"),
    ("path: dishes/samples.jsonl", "path: dishes/gone.jsonl", "no such file: "),
    (
        "root: dishes/images",
        "root: dishes/gone",
        "has no usable sample (4 rows left out: 4 missing_image)",
    ),
    ("format: jsonl", "format: parquet", "cannot be read as Parquet"),
    ("id: id", "id: image_of", "has no column 'image_of'"),
    ("id: id", "ids: id", "unknown key 'ids'"),
]


@pytest.mark.parametrize(("old", "new", "said"), DATASETS)
def test_what_is_wrong_with_data_is_refused_alike(project, old, new, said):
    path = project / "datasets" / "dishes.yaml"
    replace(path, old, new)
    run = refused(project / SUITE)
    assert said in "\n".join(run)
    assert texts(check(project / SUITE)) == run
    assert run <= texts(check(project))
    assert any(said in text for text in texts(check(path)))


ONE = '{"id": "s1", "image": "s1.png", "title": "Soup", "pot": "a"}'
ALONE = {
    "one sample": [ONE],
    "one image": [ONE, ONE.replace('"id": "s1"', '"id": "s2"')],
    "one cluster": [ONE, ONE.replace("s1", "s2")],
    # Of a run with 'missing_image' under 'clean:' it is no sample.
    "another without its image": [ONE, ONE.replace("s1", "gone").replace('"a"', '"b"')],
}


@pytest.mark.parametrize("rows", ALONE.values(), ids=ALONE)
def test_a_control_that_nobody_has_an_image_for_is_refused_alike(project, rows):
    """Found 2026-11-26: without --data this was fine."""
    (project / "datasets/dishes/samples.jsonl").write_text("".join(f"{row}\n" for row in rows))
    columns = "references: [title], cluster: pot}\nclean: [missing_image]"
    replace(project / "datasets/dishes.yaml", "references: [title], metadata: [n]}", columns)
    with (project / SUITE / "suite.yaml").open("a") as suite:
        suite.write("controls: [shuffled]\n")
    run = refused(project / SUITE)
    [said] = run
    assert "suite.yaml:7: 'shuffled' has no other sample with 1 image to show for 's1'" in said
    assert texts(check(project / SUITE)) == texts(check(project / SUITE, data=True)) == run


def test_systems_of_one_name_are_refused_alike(project):
    """A file of predictions may name what two models and a variant join to."""
    suite = project / SUITE / "suite.yaml"
    (project / SUITE / "mine.csv").write_text("system,id,text\na/plain,s1,Soup\n")
    models = (
        "[{name: a, engine: fake, model: x}, {name: b, engine: fake, model: x}, "
        "{name: mine, engine: replay, model: ./mine.csv}]"
    )
    replace(suite, "[{name: stand-in, engine: fake, model: none}]", models)
    run = refused(project / SUITE)
    [said] = run
    assert "suite.yaml:3: two systems are named 'a/plain'" in said
    assert f"the first is at {project / SUITE / 'plain.yaml'}" in said
    assert texts(check(project / SUITE)) == run


def test_predictions_that_lack_the_first_sample_are_no_mistake(project):
    suite = project / SUITE / "suite.yaml"
    (project / SUITE / "mine.csv").write_text("id,text\ns3,Toast\n")
    replace(suite, "engine: fake, model: none", "engine: replay, model: ./mine.csv")
    assert refused(project / SUITE) == texts(check(project / SUITE)) == set()
    (project / SUITE / "mine.csv").write_text("id,text\nx,Toast\n")
    [said] = refused(project / SUITE)
    assert "mine.csv has no sample of the dataset" in said
    [said] = texts(check(project / SUITE))
    assert "mine.csv has no sample of the dataset" in said


def test_a_metric_that_the_samples_do_not_let_compute_is_told_before_anything_is_asked(
    project, harness
):
    replace(project / SUITE / "suite.yaml", "[bleu, rouge_l, cider]", "[bleu, keywords]")
    [said] = texts(check(project / SUITE))
    told = "suite.yaml:4: 'keywords' cannot be computed: no sample has the metadata field"
    assert told in said
    assert texts(check(project / SUITE, data=True)) == {said}
    done = harness("run", SUITE, cwd=project)
    assert done.returncode == 1
    assert told in done.stderr
    assert not (project / "results" / "titles").exists()


def test_of_a_part_of_the_samples_a_metric_may_be_missing_where_another_is_left(project, harness):
    done = harness("run", SUITE, "--limit", "1", "--allow-failures", cwd=project)
    assert "the metric 'cider' cannot be computed: CIDEr weighs words" in done.stderr
    assert done.returncode == 0
    replace(project / SUITE / "suite.yaml", "[bleu, rouge_l, cider]", "[cider]")
    assert texts(check(project / SUITE)) == set()
    done = harness("run", SUITE, "--limit", "1", cwd=project)
    assert done.returncode == 1
    assert "suite.yaml:4: 'cider' cannot be computed" in done.stderr
    assert "requests" not in done.stderr


def test_all_problems_of_a_tree_are_told_at_once(project, write):
    (project / SUITE / "plain.yaml").write_text("user: '{{ nothing }}'\n")
    (project / SUITE / "title.yaml").write_text("user: x\npostprocess: [strp]\n")
    write(project / "prompts/other/suite.yaml", "dataset: gone\nmodels: [gone]\n")
    write(project / "prompts/other/broken.yaml", "user: {{ a }}\n")
    write(project / "datasets/more.yaml", "source: {format: csv, path: x.csv}\n")
    said = "\n".join(texts(check(project)))
    for part in ("'nothing' is undefined", "'strp'", "no dataset 'gone'", "no model preset 'gone'",
                 "broken.yaml:1", "more.yaml:1: 'columns' is missing"):  # fmt: skip
        assert part in said


def test_variants_that_no_suite_lists_are_rendered_too(project, write):
    write(project / SUITE / "more.yaml", "user: '{{ metadata.titel }}'\n")
    [problem] = check(project / SUITE).problems
    assert "more.yaml:1: " in str(problem)
    assert refused(project / SUITE) == set()


def test_a_file_that_a_package_chokes_on_is_one_problem_of_many(project, write):
    """A fault of the program is reported with the file that brought it out; others are looked at.

    Here: lists nested deeper than any Python recursion goes, in a place that nothing reads itself.
    """
    looking = Looking(data=False, whole_project=True)
    path = project / "datasets" / "dishes.yaml"
    with looking.border(path):
        json.loads("[" * 200_000)
    with looking.border(path):
        raise ConfigError("said as it should be")
    first, second = map(str, looking.problems.all)
    assert first.startswith(f"{path}: could not be checked: RecursionError: ")
    assert "a fault of harness" in first
    assert second == "said as it should be"


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        (".", {"suite": 1, "variant": 2, "dataset": 1}),
        ("prompts", {"suite": 1, "variant": 2, "dataset": 1}),
        ("datasets", {"suite": 0, "variant": 0, "dataset": 1}),
        (SUITE, {"suite": 1, "variant": 2, "dataset": 1}),
        (f"{SUITE}/suite.yaml", {"suite": 1, "variant": 2, "dataset": 1}),
        (f"{SUITE}/plain.yaml", {"suite": 0, "variant": 1, "dataset": 1}),
        ("datasets/dishes.yaml", {"suite": 0, "variant": 0, "dataset": 1}),
    ],
)
def test_it_says_what_it_looked_at(project, path, counts):
    checked = check(project / path)
    assert (checked.problems, checked.counts) == ((), counts)


def test_a_suite_is_named_by_its_path_or_by_its_name_alone(project, monkeypatch):
    for folder in (project, project / "prompts", project / SUITE):
        monkeypatch.chdir(folder)
        checked = check(Path("titles"))
        assert (checked.problems, checked.counts["suite"]) == ((), 1)
        with pytest.raises(HarnessError) as caught:
            check(Path("titels"))
        assert caught.value.message == "no such file, folder or suite: titels"
        assert caught.value.hint == "did you mean 'titles'?"


def test_a_path_that_is_nearly_one_is_named(project):
    with pytest.raises(HarnessError) as caught:
        check(project / SUITE / "tilte.yaml")
    assert caught.value.hint == f"did you mean '{project / SUITE / 'title.yaml'}'?"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("gone", "no such file or folder"),
        ("datasets/dishes", "nothing to check in"),
        ("datasets/dishes/samples.jsonl", "does not end in .yaml"),
        ("notes.yaml", "is no suite, no variant and no dataset"),
        ("x" * 300, "no such file or folder"),
    ],
)
def test_what_holds_nothing_to_check_is_an_error(project, path, said):
    (project / "notes.yaml").write_text("a: b\n")
    with pytest.raises(HarnessError, match=said):
        check(project / path)


def test_data_that_are_no_part_of_a_project_are_a_note_until_they_are_asked_for(project):
    path = project / "datasets" / "dishes.yaml"
    path.write_text(path.read_text() + "obtain: ask the cook\n")
    (project / "datasets/dishes/samples.jsonl").unlink()
    whole = check(project)
    assert whole.problems == ()
    assert any("ask the cook" in notice for notice in whole.notices)
    run = refused(project / SUITE)
    assert "hint: ask the cook" in "\n".join(run)
    assert texts(check(project / SUITE)) == run
    (project / SUITE / "plain.yaml").write_text("user: '{{ a '\n")
    assert ["plain.yaml:1" in text for text in texts(check(project))] == [True]


def test_exemplars_from_data_that_are_not_here_are_a_note_too(project):
    twin = (project / "datasets/dishes.yaml").read_text().replace("samples.jsonl", "gone.jsonl")
    (project / "datasets/others.yaml").write_text(f"{twin}obtain: ask the cook\n")
    variant = project / SUITE / "plain.yaml"
    variant.write_text("user: x\nexemplars: {dataset: others, ids: [a]}\n")
    assert check(project).problems == ()
    assert "no such file" in "\n".join(texts(check(project / SUITE)))
    variant.write_text(variant.read_text().replace("user: x", "user: '{{ a '"))
    assert ["plain.yaml:1" in text for text in texts(check(project))] == [True]


def test_a_single_file_that_is_no_yaml_is_one_error(project):
    path = project / "odd.yaml"
    path.write_text("[" * 5_000)
    with pytest.raises(HarnessError, match=r"odd\.yaml"):
        check(path)


def test_data_looks_at_every_sample_and_decodes_every_image(project):
    rows = project / "datasets/dishes/samples.jsonl"
    last = json.loads(rows.read_text().splitlines()[-1])
    (project / SUITE / "plain.yaml").write_text("user: '{{ 1 / (3 - metadata.n) }}'\n")
    image = project / "datasets/dishes/images" / last["image"]
    Image.new("RGB", (400, 300), "red").save(image)
    content = image.read_bytes()
    pixels = content.index(b"IDAT") + 4
    image.write_bytes(content[:pixels] + b"!" + content[pixels + 1 :])  # begin and end are whole
    assert check(project).problems == ()
    said = "\n".join(texts(check(project, data=True)))
    assert "division by zero (sample 's4')" in said
    assert "1 images cannot be decoded (s4): " in said


def test_rows_that_are_left_out_are_said(project):
    (project / "datasets/dishes/images/s1.png").unlink()
    checked = check(project / "datasets/dishes.yaml")
    assert checked.problems == ()
    [notice] = checked.notices
    assert (
        "before the first usable one that are left out: 1 missing_image; the first is 's1'"
        in notice
    )


def test_files_with_another_ending_and_suites_of_one_name_are_said(project):
    (project / SUITE / "extra.yml").write_text("user: x\n")
    shutil.copytree(project / SUITE, project / "prompts/old/titles")
    notices = "\n".join(check(project).notices)
    assert "titles/extra.yml is not read: the names of prompts and datasets end in .yaml" in notices
    assert "2 suites are named 'titles' and keep their runs in results/titles alike" in notices


@pytest.mark.parametrize("name", ["prompts", "datasets"])
def test_a_project_may_be_called_as_a_folder_of_it_is(project, name):
    named = project.with_name(name)
    project.rename(named)
    assert check(named).counts == {"suite": 1, "variant": 2, "dataset": 1}


def test_several_paths_are_looked_at_once_each(project, write):
    write(project / SUITE / "odd.yaml", "user: '{{ nothing }}'\n")
    dataset = project / "datasets/dishes.yaml"
    checked = check(project / SUITE / "odd.yaml", project / "gone", dataset, project)
    gone, undefined = map(str, checked.problems)
    assert "'nothing' is undefined" in undefined
    assert gone.startswith(f"no such file or folder: {project / 'gone'}")
    assert checked.counts == {"suite": 1, "variant": 3, "dataset": 1}


def test_of_several_paths_of_which_none_is_there_each_is_told(project):
    with pytest.raises(HarnessError, match=r"(?s)folder: .*/gone\n.*folder: .*/lost\n"):
        check(project / "gone", project / "lost")


def test_data_that_are_asked_for_by_name_are_missed_beside_a_whole_project(project):
    path = project / "datasets" / "dishes.yaml"
    path.write_text(path.read_text() + "obtain: ask the cook\n")
    (project / "datasets/dishes/samples.jsonl").unlink()
    assert check(project).problems == ()
    assert "no such file" in "\n".join(texts(check(project, path)))


def test_variables_are_set_for_one_path_alone(project):
    settings = [parse_setting("plain.words=3")]
    with pytest.raises(ConfigError, match="--set sets variables of one suite"):
        check(project / SUITE, project / "datasets/dishes.yaml", settings=settings)


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        (SUITE, False, "looked at 1 suite, 2 variants, 1 dataset (each prompt for one sample)"),
        ("datasets/dishes.yaml", False, "looked at 1 dataset (the first usable sample)"),
        ("datasets/dishes.yaml", True, "looked at 1 dataset (all samples and images)"),
    ],
)
def test_the_verdict_says_what_was_looked_at(project, path, data, said):
    assert check(project / path, data=data).verdict == f"nothing is wrong; {said}"


def test_a_suite_without_a_variant_is_told_that_nothing_was_looked_at(project):
    suite = project / SUITE / "suite.yaml"
    replace(suite, "variants: [plain, title]\n", "")
    for name in ("plain", "title"):
        (project / SUITE / f"{name}.yaml").unlink()
    checked = check(project / SUITE)
    assert checked.verdict == "1 problem, so that no prompt and no data could be looked at"
