"""The verbs of ``harness cache``, as a user calls them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from harness.pipeline.keeping.store_contents import prune, unneeded

SUITE = "prompts/titles"
HARNESS = str(Path(sys.executable).parent / "harness")


@pytest.fixture
def cache(project, harness):
    """Call a verb of ``harness cache`` in the project: text, or with --json its value."""

    def cache(*words, code=0):
        done = harness("cache", *words, cwd=project)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout) if "--json" in words else done.stdout + done.stderr

    return cache


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def store_of(project):
    return project / "results" / "store.sqlite"


def unfinish(folder):
    """Leave of a run what a killed one leaves: its record and its samples."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in ("run.json", "samples.jsonl"):
            path.unlink()


def test_no_store_is_said_and_none_is_made(project, cache):
    for verb in ("ls", "prune"):
        assert "there is no completion store results/store.sqlite" in cache(verb)
    assert cache("ls", "--json") == {"path": "results/store.sqlite"}
    assert "there is no completion store" in cache("export", "x.jsonl", code=1)
    assert not (project / "results").exists()
    assert not (project / "x.jsonl").exists()


def test_ls_says_what_the_store_holds_by_model_and_decoding(project, run, cache):
    first = run()
    edit(project / SUITE / "suite.yaml", "model: none", "model: org/other, revision: abc")
    edit(project / SUITE / "title.yaml", "user:", "generation: {max_tokens: 7}\nuser:")
    run("--limit", "3")
    found = cache("ls", "--json")
    assert found["bytes"] == store_of(project).stat().st_size
    assert (found["completions"], found["failures"], found["schema"]) == (14, 0, 3)
    groups = {
        (group["checkpoint"], group["decoding"]["max_tokens"]): group["completions"]
        for group in found["groups"]
    }
    assert groups == {("none", 128): 8, ("org/other@abc", 128): 3, ("org/other@abc", 7): 3}
    assert found["groups"][0]["prompt_tokens"] == first["cost"]["prompt_tokens"]
    assert found["groups"][0]["completion_tokens"] == first["cost"]["completion_tokens"]
    text = cache("ls")
    assert "results/store.sqlite: 14 completions" in text
    assert "org/other@abc" in text
    assert "max_tokens=7, temperature=0" in text


def test_ls_counts_failures_by_their_reason(project, run, cache):
    edit(project / SUITE / "suite.yaml", "model: none", "model: none, args: {fail: 0.5}")
    failed = run()["cost"]["failed"]
    found = cache("ls", "--json")
    assert found["completions"] + found["failures"] == 8
    assert found["reasons"] == {"a fault that was asked for": failed}
    assert f"{failed} × a fault that was asked for" in cache("ls")


def test_a_lost_store_is_made_anew_from_the_runs(project, run, cache):
    edit(project / SUITE / "suite.yaml", "model: none", "model: none, args: {fail: 0.4}")
    first = run()
    failed = first["cost"]["failed"]
    assert 0 < failed < 8
    before = cache("ls", "--json")
    store_of(project).unlink()
    found = cache("import", "results", "--json")
    assert (found["new"], found["known"], found["failures"]) == (8 - failed, 0, failed)
    assert cache("ls", "--json")["groups"] == before["groups"]
    again = run()
    assert again["cost"]["generated"] == failed  # what failed is asked again, and nothing else
    assert again["results"] == first["results"]


def test_a_run_after_an_import_asks_no_model(project, run, cache):
    first = run("--repeat", "2")
    shutil.move(project / first["folder"], project / "copied")
    store_of(project).unlink()
    assert "16 completions are new, 0 were known" in cache("import", "copied")
    again = run("--repeat", "2")
    assert again["cost"]["generated"] == 0
    assert again["results"] == first["results"]
    assert "0 completions are new, 32 were known" in cache("import", "copied", "results/titles")


def test_an_export_is_imported_into_another_results_folder(project, run, cache):
    run()
    counts = cache("export", "all.jsonl", "--json")
    assert (counts["completions"], counts["parts"]) == (8, 4)
    lines = [json.loads(line) for line in (project / "all.jsonl").read_text().splitlines()]
    assert (lines[0]["format"], lines[0]["version"]) == ("harness-completions", 1)
    assert lines[-1] == {"end": {"completions": 8, "parts": 4}}
    named = {
        value
        for line in lines
        for value in line.get("record", {}).values()
        if isinstance(value, str)
    }
    assert named == {line["part"]["sha256"] for line in lines if "part" in line}
    assert list(project.glob(".all.jsonl*")) == []
    assert "8 completions are new" in cache("import", "all.jsonl", "--out", "elsewhere")
    assert run("--out", "elsewhere")["cost"]["generated"] == 0
    before, after = cache("ls", "--json"), cache("ls", "--json", "--out", "elsewhere")
    assert before["groups"] == after["groups"]


def test_an_import_leaves_what_is_there(project, run, cache, harness):
    run()
    cache("export", "all.jsonl")
    text = (project / "all.jsonl").read_text()
    changed = [json.loads(line) for line in text.splitlines()]
    for line in changed:
        if "completion" in line:
            line["completion"]["text"] = "another title"
    (project / "changed.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in changed))
    assert "0 completions are new, 8 were known" in cache("import", "changed.jsonl")
    cache("export", "after.jsonl")
    assert (project / "after.jsonl").read_text().splitlines()[1:] == text.splitlines()[1:]


def test_predictions_made_elsewhere_and_unfinished_runs_are_not_imported(
    project, run, cache, harness
):
    first = run()
    (project / "mine.csv").write_text("id,text\ns1,Lemon Shrimp\ns2,Tomato Salad\n")
    words = ("--predictions", "mine.csv", "--dataset", "dishes", "--metric", "exact_match")
    scored = harness("score", *words, cwd=project)
    assert scored.returncode == 0, scored.stderr
    copy = project / "results" / "titles" / "20200101-000000-000000"
    shutil.copytree(project / first["folder"], copy)
    unfinish(copy)
    store_of(project).unlink()
    text = cache("import", "results")
    assert "8 completions are new, 0 were known" in text
    assert "skipped: 4 predictions made elsewhere, 1 unfinished runs" in text


def test_damaged_lines_are_named_and_the_rest_goes_on(project, run, cache):
    folder = project / run()["folder"]
    cache("export", "all.jsonl")
    path = folder / "completions.jsonl"
    lines = path.read_text().splitlines()
    lines[1] = lines[1][:40]
    lines[4] = lines[4].replace('"prompt_tokens": ', '"prompt_tokens": -')
    path.write_text("\n".join(lines) + "\n")
    store_of(project).unlink()
    name = path.relative_to(project)
    text = cache("import", "results")
    assert "6 completions are new, 0 were known\nskipped: 2 damaged lines" in text
    assert f"{name}:2: no JSON" in text
    assert f"{name}:5: 'prompt_tokens' is missing or wrong: skipped" in text

    exported = (project / "all.jsonl").read_text()
    assert '"text": "Name the dish."' in exported
    exported = exported.replace("Name the dish.", "Name the fish.")
    (project / "cut.jsonl").write_text("".join(exported.splitlines(keepends=True)[:-2]))
    found = cache("import", "cut.jsonl", "--out", "elsewhere", "--json")
    assert (found["new"], found["damaged"]) == (7, 2)
    assert found["places"][0].endswith("the part does not have its hash")
    assert found["places"][1].startswith("cut.jsonl:12: the file ends too early")


def test_an_import_of_something_else_is_refused(project, run, cache):
    folder = run()["folder"]
    wrong = cache("import", f"{folder}/completions.jsonl", code=1)
    assert "is no export of 'harness cache export'" in wrong
    (project / "new.jsonl").write_text('{"format": "harness-completions", "version": 99}\n')
    assert "was written by another version" in cache("import", "new.jsonl", code=1)
    assert "there is no run in prompts" in cache("import", "prompts", code=1)
    assert "is the store itself" in cache("export", "results/store.sqlite", code=1)
    assert run()["generated"] == 0


def test_why_names_an_edited_prompt_by_a_diff(project, run, cache):
    first = run()["folder"]
    edit(project / SUITE / "title.yaml", "a recipe title", "a good recipe title")
    second = run("--limit", "3")["folder"]
    text = cache("why", first, second)
    assert "3 of 6 completions differ in their keys" in text
    assert "in 3 of 3 completions of title:\n" in text
    assert "  -Give a recipe title.\n  +Give a good recipe title.\n" in text
    assert f"only {first} has 1 samples: s4" in text
    found = cache("why", first, second, "--json")
    [difference] = found["differences"]
    assert (difference["ingredient"], difference["completions"]) == ("messages", 3)
    assert found["only_first"] == {"systems": [], "samples": ["s4"], "draws": 0}
    assert cache("why", first, second, "--variant", "plain", "--json")["same"] == 3
    one = cache("why", first, second, "--system", "title", "--sample", "s2", "--json")
    assert (one["compared"], one["differences"][0]["first_samples"]) == (1, ["s2"])
    assert "did you mean 'title'?" in cache("why", first, second, "--variant", "titel", code=1)


def test_why_gives_one_edit_once_however_the_text_around_it_varies(project, run, cache):
    title = project / SUITE / "title.yaml"
    title.write_text("user: |\n  Number {{ metadata.n }}.\n  Name it.\npostprocess: [strip]\n")
    first = run()["folder"]
    edit(title, "Name it.", "Name it well.")
    run()
    found = cache("why", first, "results/titles", "--json")
    [difference] = found["differences"]
    assert (difference["completions"], difference["of"]) == (4, 4)
    assert "-Name it.\n+Name it well." in difference["difference"]


def test_why_names_what_else_changed(project, run, cache):
    first = run()["folder"]
    picture = project / "datasets/dishes/images/s2.png"
    with Image.open(picture) as image:
        image.putpixel((0, 0), (1, 2, 3))
        image.save(picture)
    second = run()["folder"]
    text = cache("why", first, second)
    assert "2 of 8 completions differ in their keys" in text
    said = "in 2 of 8 completions of plain, title (1 samples: s2):\n  other content in an image"
    assert said in text

    suite = project / SUITE / "suite.yaml"
    edit(suite, "tokenizer: none", "tokenizer: none\ndecoding: {warm: {temperature: 0.7}}")
    third = run()["folder"]
    text = cache("why", second, third)
    assert "in 8 of 8 completions of plain, title:\n  decoding.temperature: 0 → 0.7\n" in text

    edit(suite, "model: none", "model: none, args: {fail: 0.0001, delay: 0.01}")
    run()
    text = cache("why", third, "results/titles")
    assert "in 8 of 8 completions of plain, title:\n  model.args.fail: 0 → 0.0001\n" in text
    assert "delay" not in text  # it changes no key


def test_why_says_when_nothing_differs_and_finds_a_renamed_system(project, run, cache):
    first = run()["folder"]
    models = "[{name: stand-in, engine: fake, model: none}, {name: b, engine: fake, model: b}]"
    edit(project / SUITE / "suite.yaml", "[{name: stand-in, engine: fake, model: none}]", models)
    second = run("--only", "plain")["folder"]
    text = cache("why", first, second)
    assert "the keys of all 4 completions are equal: nothing differs" in text
    assert f"only {first} has the systems title" in text
    assert f"only {second} has the systems b/plain" in text
    renamed = cache("why", first, second, "--system", "stand-in/plain", "--json")
    assert (renamed["compared"], renamed["same"]) == (4, 4)
    assert renamed["only_second"]["systems"] == []


def test_why_says_that_an_old_run_kept_no_record(project, run, cache):
    first = run()["folder"]
    edit(project / SUITE / "title.yaml", "a recipe title", "a good recipe title")
    second = run()["folder"]
    path = project / first / "completions.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        del line["ingredients"]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    (project / first / "ingredients.jsonl").unlink()
    text = cache("why", first, second)
    assert "in 4 of 4 completions of title:" in text
    assert f"not known: {first} was made by a version that kept no record" in text


def test_prune_keeps_what_runs_refer_to(project, run, cache, harness):
    edit(project / SUITE / "suite.yaml", "model: none", "model: none, args: {fail: 0.3}")
    first = run()
    edit(project / SUITE / "title.yaml", "a recipe title", "a good recipe title")
    second = run()
    before = cache("ls", "--json")
    assert before["failures"] > 0
    assert harness("rm", first["folder"], "--yes", cwd=project).returncode == 0
    lines = (project / second["folder"] / "completions.jsonl").read_text().splitlines()
    needed = {line["key"] for line in map(json.loads, lines) if line["error"] is None}
    doomed = before["completions"] - len(needed)
    assert doomed > 0

    dry = cache("prune", "--dry-run", "--json")
    assert (dry["unneeded"]["completions"], dry["removed"]["completions"]) == (doomed, 0)
    said = f"{doomed} of {before['completions']} completions are of no run under results (1 runs)"
    assert said in cache("prune", "--dry-run")
    assert cache("ls", "--json") == before
    refused = subprocess.run(
        [HARNESS, "cache", "prune"],
        cwd=project,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (refused.returncode, "no terminal" in refused.stderr) == (1, True)
    assert cache("ls", "--json") == before

    pruned = cache("prune", "--yes", "--json")
    assert pruned["removed"]["completions"] == doomed
    assert pruned["removed"]["failures"] == before["failures"]
    after = cache("ls", "--json")
    assert after["bytes"] == before["bytes"] - pruned["removed"]["bytes"]
    assert (after["completions"], after["failures"]) == (len(needed), 0)
    cache("export", "all.jsonl")
    exported = [json.loads(line) for line in (project / "all.jsonl").read_text().splitlines()]
    assert {line["completion"]["key"] for line in exported if "completion" in line} == needed


def test_prune_keeps_what_an_unfinished_run_may_need(project, run, cache):
    edit(project / SUITE / "title.yaml", "a recipe title", "an old recipe title")
    stopped = run()["folder"]
    edit(project / SUITE / "suite.yaml", "model: none", "model: other")
    forgotten = run()["folder"]
    shutil.rmtree(project / forgotten)
    unfinish(project / stopped)
    found = cache("prune", "--yes", "--json")
    assert found["removed"]["completions"] == 8  # the other model's
    assert found["held"] == {stopped: 8}
    assert f"let them go with 'harness rm {stopped}'" in cache("prune", "--dry-run")

    # Once a later run has asked the same and finished, the unfinished one holds back nothing.
    edit(project / SUITE / "suite.yaml", "model: other", "model: none")
    again = run()
    assert again["generated"] == 0
    edit(project / SUITE / "title.yaml", "an old recipe title", "a new recipe title")
    shutil.rmtree(project / run()["folder"])
    found = cache("prune", "--yes", "--json")
    assert (found["removed"]["completions"], found["held"]) == (4, {})
    edit(project / SUITE / "title.yaml", "a new recipe title", "an old recipe title")
    assert run()["generated"] == 0


def test_prune_keeps_what_damaged_lines_may_refer_to(project, run, cache):
    path = project / run()["folder"] / "completions.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-2]) + '{"half": ')
    found = cache("prune", "--yes", "--json")
    assert found["removed"]["completions"] == 0
    assert found["held"] == {str(path.parent.relative_to(project)): 2}
    (path.parent / "run.json").write_text("{}")
    assert cache("prune", "--yes", "--json")["removed"]["completions"] == 0


def test_a_run_that_finishes_while_prune_asks_keeps_its_completions(project, run, cache):
    folder = project / run()["folder"]
    folder.rename(project / "aside")
    found = unneeded(store_of(project))
    assert len(found.completions) == 8
    (project / "aside").rename(folder)
    assert prune(store_of(project), found).completions == 0
    assert cache("ls", "--json")["completions"] == 8
