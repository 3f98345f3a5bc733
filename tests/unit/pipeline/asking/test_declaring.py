"""A run records what its suite declares, and how many of its answers were there before that."""

import json
import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import harness
from harness.config.load import load_suite
from harness.pipeline.asking.declaring import decision_sha256

DECIDE = "decide: {metric: CIDEr, baseline: plain, margin: 0.1}\n"


@pytest.fixture
def suite(project):
    return project / "prompts" / "titles"


def declare(suite, line=DECIDE):
    """Put a declaration in the place of the one that is there."""
    kept = [x for x in (suite / "suite.yaml").read_text().split("\n") if x[:6] != "decide"]
    (suite / "suite.yaml").write_text("\n".join(kept).rstrip() + f"\n{line}")


def backdate(suite, when, keys="%"):
    """Have the store's answers made at another time; None: nobody knows when."""
    with sqlite3.connect(suite.parents[1] / "results" / "store.sqlite") as db:
        db.execute("UPDATE completions SET made_at = ? WHERE key LIKE ?", (when, keys))
    db.close()


def hours_ago(hours):
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")


def test_a_suite_that_declares_nothing_has_no_declaration(suite):
    assert harness.evaluate(suite).record.decide is None


def test_what_is_declared_before_any_answer_is_confirmatory(suite):
    declare(suite)
    run = harness.evaluate(suite)
    declared = run.record.decide
    assert (declared.metrics, declared.baseline, declared.margins) == (
        ("CIDEr",), "plain", {"CIDEr": 0.1}
    )  # fmt: skip
    assert declared.pairs(run.record.systems) == (("title", "plain"),)
    assert (declared.comparisons, declared.declared_at) == (1, run.record.created)
    assert (declared.answers_before, declared.not_applicable) == (0, None)
    assert declared.confirmatory
    # The answers of that run are served from the store, and are still not older.
    (suite / "title.yaml").write_text("user: What is it?\n")
    again = harness.evaluate(suite)
    assert again.path != run.path
    assert (declared.looks, again.record.decide.looks) == (1, 2)  # another prompt
    assert (
        replace(again.record.decide, looks=1, compared_sha256=declared.compared_sha256) == declared
    )


def test_answers_that_were_there_before_are_counted(suite):
    harness.evaluate(suite, limit=3)
    declare(suite)
    run = harness.evaluate(suite)
    assert run.record.decide.answers_before == 6
    assert not run.record.decide.confirmatory


def test_answers_are_counted_by_when_they_were_made(suite):
    declare(suite)
    first = harness.evaluate(suite).record.decide
    backdate(suite, hours_ago(1))
    (suite / "title.yaml").write_text("user: What is it?\n")
    second = harness.evaluate(suite).record.decide
    assert second.declared_at == first.declared_at
    assert second.answers_before == 4  # those of the prompt that did not change


def test_answers_of_whose_time_nobody_knows_were_there_before(suite):
    declare(suite)
    harness.evaluate(suite)
    backdate(suite, None)
    assert harness.evaluate(suite, limit=2).record.decide.answers_before == 4


def test_another_declaration_is_noticed_though_nothing_is_asked(suite):
    declare(suite)
    first = harness.evaluate(suite)
    assert harness.evaluate(suite).unchanged
    declare(suite, "decide: {metric: ROUGE_L, baseline: plain}\n")
    other = harness.evaluate(suite)
    assert not other.unchanged
    assert other.record.decide.sha256 != first.record.decide.sha256
    assert other.record.decide.answers_before == 8
    # What was declared first still was, when it is declared again.
    declare(suite)
    back = harness.evaluate(suite).record.decide
    assert back == first.record.decide


def test_a_clock_that_was_put_back_makes_no_answer_a_later_one(suite):
    harness.evaluate(suite)
    backdate(suite, hours_ago(-1))
    declare(suite)
    assert harness.evaluate(suite).record.decide.answers_before == 8


def test_a_stopped_run_has_declared_too(suite):
    declare(suite)
    run = harness.evaluate(suite)
    record = json.loads((run.path / "run.json").read_text())
    early = hours_ago(2)
    record["decide"] |= {"answers_before": None, "declared_at": early}
    stopped = run.path.with_name("20200101-000000-abcdef")
    shutil.copytree(run.path, stopped)
    (stopped / "summary.json").unlink()
    (stopped / "run.json").write_text(json.dumps(record))
    shutil.rmtree(run.path)
    backdate(suite, hours_ago(1))
    again = harness.evaluate(suite).record.decide
    assert (again.declared_at, again.answers_before) == (early, 0)


def test_a_run_that_cannot_be_read_has_declared_nothing(suite):
    declare(suite)
    run = harness.evaluate(suite)
    (run.path / "run.json").write_text("{")
    assert harness.evaluate(suite).record.decide.answers_before == 8


def test_a_failed_request_is_no_answer(suite):
    file = suite / "suite.yaml"
    file.write_text(file.read_text().replace("model: none", "model: none, args: {fail: 1.0}"))
    declare(suite)
    assert harness.evaluate(suite).record.decide.answers_before == 0


def test_without_the_declared_baseline_nothing_can_be_compared(suite):
    declare(suite)
    run = harness.evaluate(suite, only="title")
    said = "the baseline 'plain' is not among the run's variants"
    assert run.record.decide.not_applicable == said
    assert not run.record.decide.confirmatory
    assert f"the declared comparison cannot be made: {said}" in run.summary.notices
    alone = harness.evaluate(suite, only="plain")
    assert (
        alone.record.decide.not_applicable
        == "the run has no pair of systems that its suite declares"
    )


def test_a_part_of_a_suite_knows_how_many_comparisons_the_whole_makes(suite):
    for name in ("third", "fourth"):
        (suite / f"{name}.yaml").write_text(f"user: {name}\n")
    file = suite / "suite.yaml"
    file.write_text(file.read_text().replace("[plain, title]", "[plain, title, third, fourth]"))
    declare(suite)
    run = harness.evaluate(suite, only=["plain", "title"])
    assert len(run.record.decide.pairs(run.record.systems)) == 1
    assert run.record.decide.comparisons == 3
    declare(suite, "decide: {metric: CIDEr}\n")
    assert harness.evaluate(suite).record.decide.comparisons == 6


def test_nobody_knows_when_predictions_of_others_were_made(suite):
    rows = "".join(f"s{i},A dish\n" for i in range(1, 5))
    (suite / "mine.csv").write_text(f"id,text\n{rows}")
    file = suite / "suite.yaml"
    replay = "none}, {name: mine, engine: replay, model: ./mine.csv}]"
    file.write_text(file.read_text().replace("none}]", replay))
    declare(suite, "decide: {metric: CIDEr}\n")
    decided = harness.evaluate(suite).record.decide
    assert (decided.comparisons, decided.answers_before) == (3, 4)
    given = (
        "4 of the answers are from files of predictions, and nobody knows whether they were made "
        "before this 'decide' was"
    )
    assert harness.load_run(suite.parents[1] / "results/titles").compare().exploratory == given
    backdate(suite, hours_ago(-1))
    declare(suite, "decide: {metric: CIDEr, baseline: plain}\n")
    decided = harness.evaluate(suite).record.decide
    assert (decided.comparisons, decided.answers_before) == (1, 8)  # it is not compared
    assert decided.answers_of_files == 0
    declare(suite, "decide: {metric: ROUGE_L}\n")
    both = harness.evaluate(suite).compare().exploratory
    assert both == f"8 of the answers were there before this 'decide' was; {given}"


@pytest.mark.parametrize(
    ("line", "same"),
    [
        (DECIDE, True),
        ("decide:\n  baseline: plain\n  metric: [CIDEr]\n  margin: {CIDEr: 0.10}\n", True),
        ("decide: {metric: CIDEr, baseline: plain, margin: 0.2}\n", False),
        ("decide: {metric: CIDEr, baseline: plain}\n", False),
        ("decide: {metric: CIDEr, baseline: title, margin: 0.1}\n", False),
        ("decide: {metric: CIDEr, margin: 0.1}\n", False),
        ("decide: {metric: ROUGE_L, baseline: plain, margin: 0.1}\n", False),
        ("decide: {metric: [CIDEr, BLEU_4], baseline: plain, margin: {CIDEr: 0.1}}\n", False),
    ],
)
def test_the_hash_is_of_what_is_declared(suite, line, same):
    declare(suite)
    before = decision_sha256(load_suite(suite))
    declare(suite, line)
    assert (decision_sha256(load_suite(suite)) == before) is same


def test_the_hash_is_of_how_the_metric_is_computed(suite):
    declare(suite, "decide: {metric: KEYWORD_F1}\n")
    text = (suite / "suite.yaml").read_text()
    hashes = []
    for metrics, tokenizer in (
        ("[{keywords: {field: n}}]", "none"),
        ("[bleu, {keywords: {field: n}}]", "none"),
        ("[{keywords: {field: tags}}]", "none"),
        ("[{keywords: {field: n}}]", "ptb"),
    ):
        changed = text.replace("[bleu, rouge_l, cider]", metrics)
        (suite / "suite.yaml").write_text(
            changed.replace("tokenizer: none", f"tokenizer: {tokenizer}")
        )
        hashes.append(decision_sha256(load_suite(suite)))
    assert hashes[0] == hashes[1]  # what else is computed means nothing
    assert len(set(hashes)) == 3


def test_variants_that_are_taken_out_after_a_look_stay_in_the_family(suite):
    declare(suite)
    (suite / "third.yaml").write_text("user: What is this dish?\n")
    described = suite / "suite.yaml"
    written = described.read_text()
    described.write_text(written.replace("[plain, title]", "[plain, title, third]"))
    assert harness.evaluate(suite).record.decide.comparisons == 2
    described.write_text(written)
    run = harness.evaluate(suite)
    assert run.record.decide.comparisons == 2
    compared = run.compare()
    assert compared.exploratory == "this run holds 1 of the 2 comparisons declared"
    assert not any(pair.confirmatory for metric in compared.metrics for pair in metric.pairs)


def test_a_look_at_other_samples_is_counted_and_the_same_once_more_is_none(suite):
    declare(suite)
    assert harness.evaluate(suite, limit=2).record.decide.looks == 1
    run = harness.evaluate(suite)
    assert run.record.decide.looks == 2
    [caveat] = [note for note in run.compare().notes() if "look 2" in note]
    assert "p does not allow for those looks" in caveat
    assert harness.evaluate(suite, with_reported=True).record.decide.looks == 2


def test_a_part_of_a_suite_says_that_there_was_more_to_choose_from(suite):
    (suite / "third.yaml").write_text("user: What is this dish?\n")
    described = suite / "suite.yaml"
    written = described.read_text()
    described.write_text(written.replace("[plain, title]", "[plain, title, third]"))
    run = harness.evaluate(suite, only=["plain", "third"])
    assert any("2 of the 3 systems of its suite" in note for note in run.compare().notes())
