"""A project, its store and its runs as version 0.1 left them are read, and asked for nothing again.

They were written by the last commit before the run became a typed record; see tests/golden.
"""

import json
import shutil
import sqlite3
from importlib.metadata import version

import pytest

from harness.config.load import load_suite
from harness.pipeline.asking.generate import look_up
from harness.pipeline.asking.plan import Choice, make_plan
from harness.pipeline.reading.comparing import compare_run
from harness.pipeline.reading.run_list import describe, list_runs
from harness.pipeline.reading.scoring import rescore
from harness.records import MetricSpec
from harness.store.completions import CompletionStore
from harness.store.run_files import plain_data
from harness.store.run_folder import RunFolder


@pytest.fixture
def before(repository, tmp_path):
    shutil.copytree(repository / "tests" / "golden" / "version-0.1", tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def runs(before):
    return {folder.path.parent.name: folder for folder in every_run(before)}


def every_run(project):
    return [RunFolder(path.parent) for path in (project / "results").glob("*/*/run.json")]


def test_every_completion_is_still_known(before):
    plan = make_plan(load_suite(before / "prompts" / "titles"), Choice())
    with CompletionStore(before / "results" / "store.sqlite") as store:
        keys = [planned.request.key for planned in plan.requests()]
        kept = store.get(keys)
        failed = store.failures(keys)
        assert len(keys) == len(kept) + len(failed) == 36
        assert look_up(plan, store).missing == {"stand-in": len(failed)}
    # Nobody knew then when and by what a completion was made.
    assert {(c.made_at, c.made_by) for c in kept.values()} == {(None, None)}


def test_the_demos_keys_are_what_they_were(repository):
    written = json.loads(
        (repository / "tests" / "golden" / "version-0.1" / "demo_keys.json").read_text()
    )
    suite = load_suite(repository / "prompts" / "recipe-titles")
    keys = {}
    for engine in (None, "transformers"):
        plan = make_plan(suite, Choice(engine=engine), sample_ids=["d001", "d002", "d200"])
        keys |= {(p.system.name, p.request.sample_id, engine): p for p in plan.requests()}
    assert len(written) == 12
    for i, line in enumerate(written):
        planned = keys[line["system"], line["sample_id"], None if i < 9 else "transformers"]
        assert planned.request.key == line["key"]


def test_a_temperature_that_was_written_as_a_float_is_found_under_its_old_key(before):
    suite = before / "prompts" / "titles" / "suite.yaml"
    text = suite.read_text().replace("greedy: {temperature: 0}", "greedy: {temperature: 0.0}")
    suite.write_text(text)
    store_file = before / "results" / "store.sqlite"
    plan = make_plan(load_suite(suite.parent), Choice())
    greedy = [p for p in plan.requests() if p.system.decoding.name == "greedy"]
    assert all(p.former for p in greedy)
    with sqlite3.connect(store_file) as db:  # as version 0.1 would have kept them
        for planned in greedy:
            db.execute(
                "UPDATE completions SET key = ? WHERE key = ?",
                (planned.former, planned.request.key),
            )
    db.close()
    with CompletionStore(store_file) as store:
        assert look_up(plan, store).missing == {"stand-in": 4}  # failed then, and asked again
        assert len(store.get(p.request.key for p in greedy)) == len(greedy) == 12


def test_its_runs_are_listed_and_described(before, runs):
    rows = list_runs(before / "results")
    assert {(row.suite, row.samples, row.state) for row in rows} == {
        ("titles", 6, "finished"),
        ("dishes-predictions", 6, "finished"),
    }
    described = describe(runs["titles"])
    assert described.run.models["stand-in"].engine == "fake"
    assert described.run.metrics[0] == MetricSpec(name="bleu")
    assert described.summary.cost.completions == 36
    assert describe(runs["dishes-predictions"]).summary.cost is None


def test_its_numbers_are_read_as_they_were_written(runs):
    for folder in runs.values():
        written = json.loads((folder.path / "summary.json").read_text())
        summary = folder.summary()
        values = {(r.system, r.metric): (r.value, r.interval) for r in summary.results}
        for result in written["results"]:
            interval = result["interval"] and tuple(result["interval"])
            assert values[result["system"], result["metric"]] == (result["value"], interval)
        assert {result.family for result in summary.results} == {s.label for s in summary.specs}


def test_it_is_compared_and_scored_again_to_the_same_numbers(runs):
    folder = runs["titles"]
    before = {(r.system, r.metric): r.value for r in folder.summary().results}
    assert compare_run(folder).deciding == "CIDEr"
    again = rescore(folder)
    assert {(r.system, r.metric): r.value for r in again.results} == before
    assert (folder.path / "report.html").is_file()
    assert folder.run().schema == 3
    assert json.loads((folder.path / "run.json").read_text())["schema"] == 1  # not rewritten


def test_a_noise_floor_that_was_a_range_is_not_taken_for_a_deviation(runs):
    folder = runs["titles"]
    path = folder.path / "summary.json"
    written = json.loads(path.read_text())
    noise = {"repeats": 3, "floor": {"ROUGE_L": 0.2}, "differing": {"plain/greedy": 4}}
    for schema in (1, 2):  # both wrote it so
        value = {**written, "noise_floor": noise}
        if schema == 2:
            value = {**plain_data(folder.summary()), "noise_floor": noise}
        path.write_text(json.dumps({**value, "schema": schema}))
        read = folder.summary()
        assert read.noise_floor.differing == {"plain/greedy": 4}
        assert (read.noise_floor.repeat_sd, read.noise_floor.difference_sd) == ({}, {})
        assert not read.noise_floor.covers("ROUGE_L", 0.1)
        assert read.draw_variance == {}
        assert not any(pair["under_noise_floor"] for pair in compare_run(folder).json()["pairs"])


def test_a_signature_with_a_bar_in_a_name_is_kept_as_it_was_written(runs):
    path = runs["titles"].path / "summary.json"
    value = json.loads(path.read_text())
    written = "EXACT|evaluate:my|metric#0123|n:6"
    value["results"][0]["signature"] = written
    path.write_text(json.dumps(value))

    first, second, *_ = runs["titles"].summary().results

    assert first.signature.get("unread") == written
    assert second.signature.get("refs") == "1"


def test_what_is_kept_beside_new_numbers_says_in_what_it_was_computed_otherwise(runs):
    folder = runs["titles"]
    added = rescore(folder, [MetricSpec(name="chrf")])
    noticed = folder.summary().notices
    anew = rescore(folder)

    [refset] = {r.signature.get("refset") for r in anew.results if r.metric == "CIDEr"}
    versions = f"v (0.1.0, {version('prompt-harness')})"
    assert noticed == added.notices
    assert noticed[-1] == (
        "kept from an earlier scoring, and computed otherwise than now: "
        f"BLEU_1, BLEU_2, BLEU_3, BLEU_4, ROUGE_L in {versions}, mend (not told, line-1); "
        f"CIDEr in {versions}, mend (not told, line-1), refset (not told, {refset}); "
        f"EXACT, EXACT_NORM in {versions}; "
        "'harness score' on the run without --metric computes all anew"
    )
    assert len(refset) == 12
    assert not [each for each in anew.notices if "earlier scoring" in each]
    alike = rescore(folder, [MetricSpec(name="length_ratio")])
    assert not [each for each in alike.notices if "earlier scoring" in each]
