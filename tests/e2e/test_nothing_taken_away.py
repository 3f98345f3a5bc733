"""A verb that reads a run takes nothing of it away, and says which run it reads (kind A)."""

import json
import shutil

import pytest


def run_json(harness, project, *words):
    done = harness("run", "prompts/titles", *words, "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def summary(folder):
    return json.loads((folder / "summary.json").read_text())


def numbers(summary):
    return {(r["system"], r["metric"]): r["value"] for r in summary["results"]}


def test_scoring_by_another_metric_adds_it(project, harness):
    run = run_json(harness, project)
    folder = project / run["folder"]
    before = summary(folder)

    scored = harness("score", folder, "--metric", "exact_match", cwd=project)

    assert scored.returncode == 0, scored.stderr
    after = summary(folder)
    assert after["metrics"] == [*before["metrics"], "EXACT", "EXACT_NORM"]
    assert numbers(before).items() < numbers(after).items()
    assert harness("compare", folder, "--metric", "CIDEr", cwd=project).returncode == 0
    assert harness("compare", folder, "--metric", "EXACT", cwd=project).returncode == 0
    assert "CIDEr" in (folder / "table.md").read_text()
    # Scored again by all that it has, each once.
    assert harness("score", folder, cwd=project).returncode == 0
    assert numbers(summary(folder)) == numbers(after)


def test_what_takes_the_place_of_others_is_asked_for(project, harness):
    folder = project / run_json(harness, project)["folder"]
    scored = harness("score", folder, "--metric", "exact_match", "--instead", cwd=project)
    assert scored.returncode == 0, scored.stderr
    assert summary(folder)["metrics"] == ["EXACT", "EXACT_NORM"]


def test_a_metric_that_cannot_be_computed_here_leaves_the_others(project, harness):
    folder = project / run_json(harness, project)["folder"]
    before = summary(folder)
    harness(
        "score", folder, "--metric", "cider", "--metric", "semantic_similarity", cwd=project,
    )  # fmt: skip
    assert numbers(before).items() <= numbers(summary(folder)).items()


@pytest.mark.parametrize("spoilt", ["unfinished", "damaged", "one system"])
def test_a_suite_stands_for_its_newest_run_that_will_do(project, harness, spoilt):
    good = project / run_json(harness, project)["folder"]
    newer = good.with_name("99990101-000000-aaaaaa")
    if spoilt == "one system":
        newer = project / run_json(harness, project, "--only", "plain")["folder"]
    else:
        shutil.copytree(good, newer)
        if spoilt == "unfinished":
            (newer / "summary.json").unlink()
        else:
            (newer / "summary.json").write_text('{"schema": 2}')

    for verb in (("compare",), ("slices", "--by", "n"), ("power",)):
        done = harness(verb[0], "results/titles", *verb[1:], cwd=project)
        said = done.stderr
        if verb[0] == "slices":
            assert "no slice of 'n'" in said  # each sample has its own n
            continue
        assert done.returncode == 0, done.stderr
        assert good.name in said
        assert newer.name in said
        assert {"unfinished": "did not finish", "damaged": "cannot be read"}.get(
            spoilt, "one system"
        ) in said


def test_a_suite_without_a_run_that_will_do_says_what_each_lacks(project, harness):
    run_json(harness, project, "--only", "plain")
    done = harness("compare", "results/titles", cwd=project)
    assert done.returncode == 1
    assert "no run in results/titles will do" in done.stderr
    assert "it has one system" in done.stderr


def test_an_unknown_metric_leaves_no_half_run(project, harness):
    (project / "mine.csv").write_text("id,text\ns1,Shrimp\n")
    for words in (("--metric", "blue"), ("--step", "no_such_step")):
        done = harness(
            "score", "--predictions", "mine.csv", "--dataset", "dishes", *words, cwd=project
        )
        assert done.returncode == 1
        assert not (project / "results").exists()
