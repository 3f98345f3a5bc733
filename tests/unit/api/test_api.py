"""``import harness``: the same as the command does, from Python."""

import asyncio
import json
import os
import signal
import subprocess
import sys

import pytest

import harness
from harness.errors import HarnessError, StoreError


def test_its_names_are_those_that_it_says():
    assert harness.__all__ == [
        "Run",
        "TextScores",
        "compare",
        "evaluate",
        "evaluate_async",
        "load_run",
        "score",
        "score_file",
    ]
    for name in harness.__all__:
        assert callable(getattr(harness, name)), name
    assert set(harness.__all__) <= set(dir(harness))
    with pytest.raises(AttributeError, match="no attribute 'rum'"):
        harness.rum  # noqa: B018


def test_importing_it_loads_nothing():
    code = "import sys, harness; print([m for m in sys.modules if m.startswith('harness.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_is_what_the_command_makes(project):
    run = harness.evaluate(project / "prompts" / "titles", limit=3)
    assert [system.system for system in run.summary.systems] == ["plain", "title"]
    assert run.record.suite == "titles"
    assert run.generation.generated == 6
    assert "| plain |" in run.table().markdown()
    assert len(run.samples) == 3
    said = run.answers("title")
    assert [answer.sample.id for answer in said] == [sample.id for sample in run.samples]
    assert all(answer.failure is None and answer.completion.made_by for answer in said)
    with pytest.raises(KeyError):
        run.answers("title", draw=1)

    again = harness.evaluate(project / "prompts" / "titles", limit=3)
    assert (again.unchanged, again.path) == (True, run.path)
    assert harness.load_run(project / "results" / "titles").path == run.path
    with pytest.raises(StoreError, match="no run in"):
        harness.load_run(project)


def test_a_variable_is_given_another_value_and_a_part_of_a_matrix_is_run(project):
    (project / "prompts/titles/title.yaml").write_text(
        "matrix: {tone: [plain, catchy]}\nvars: {words: 3}\n"
        "user: A {{ tone }} title of {{ words }} words.\n"
    )
    made = harness.evaluate(
        project / "prompts/titles", only="title[tone=catchy]", variables={"title.words": 4}
    )
    [(name, variant)] = made.record.variants.items()
    assert (name, variant.vars) == ("title[tone=catchy]", {"words": 4, "tone": "catchy"})
    with pytest.raises(HarnessError, match="has no variable 'wrods'"):
        harness.evaluate(project / "prompts/titles", variables={"title.wrods": 4})


def test_scoring_adds_a_metric_and_comparing_takes_it(project):
    run = harness.evaluate(project / "prompts" / "titles")
    before = run.summary.metrics
    scored = run.rescore("exact_match")
    assert scored.summary.metrics == (*before, "EXACT", "EXACT_NORM")
    compared = scored.compare(metric="ROUGE_L")
    assert compared.deciding == "ROUGE_L"
    assert [(p.baseline, p.candidate) for p in compared.metric("ROUGE_L").pairs] == [
        ("plain", "title")
    ]
    [pair] = scored.compare("title", "plain").metric("ROUGE_L").pairs
    assert (pair.baseline, pair.candidate) == ("title", "plain")
    with pytest.raises(TypeError):
        scored.compare(candidate="plain")
    assert scored.rescore("exact_match", instead=True).summary.metrics == ("EXACT", "EXACT_NORM")


def test_two_runs_say_which_of_their_numbers_do_not_compare(project):
    whole = harness.evaluate(project / "prompts" / "titles")
    part = harness.evaluate(project / "prompts" / "titles", limit=3)

    found = whole.incomparable(part)

    assert list(found) == ["CIDEr"]
    [difference] = found["CIDEr"]
    signatures = [
        next(r.signature for r in run.summary.results if r.metric == "CIDEr")
        for run in (whole, part)
    ]
    assert difference == ("refset", *(signature.get("refset") for signature in signatures))
    assert whole.incomparable(whole) == {}


def test_predictions_made_elsewhere(project, monkeypatch):
    monkeypatch.chdir(project)
    rows = [{"id": "s1", "text": "Lemon-Garlic Shrimp Skillet"}, {"id": "s2", "text": "Soup"}]
    (project / "mine.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    run = harness.score_file("mine.jsonl", "dishes", metrics=["exact_match"])
    assert run.summary.value("mine", "EXACT") == 0.5
    assert run.summary.systems[0].reasons == {"no prediction in the file": 2}


def test_it_works_inside_a_loop_that_runs(project):
    async def cell():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                await asyncio.sleep(0.005)
                ticks += 1

        ticking = asyncio.ensure_future(tick())
        run = await harness.evaluate_async(project / "prompts" / "titles")
        ticking.cancel()
        return run, ticks, harness.evaluate(project / "prompts" / "titles", limit=2)

    run, ticks, blocking = asyncio.run(cell())
    assert run.generation.generated == 8
    assert ticks > 0
    assert len(blocking.samples) == 2


def test_cancelling_keeps_what_was_finished(project):
    suite = project / "prompts" / "titles" / "suite.yaml"
    suite.write_text(suite.read_text().replace("model: none", "model: none, args: {delay: 0.2}"))

    async def cell():
        working = asyncio.ensure_future(harness.evaluate_async(project / "prompts" / "titles"))
        await asyncio.sleep(0.1)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working

    asyncio.run(cell())
    assert harness.evaluate(project / "prompts" / "titles").summary.systems[0].unscored == 0


def test_the_process_stays_as_it_was(project):
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    environment, descriptors = dict(os.environ), [os.fstat(number) for number in (1, 2)]
    harness.evaluate(project / "prompts" / "titles")
    assert {number: signal.getsignal(number) for number in before} == before
    assert dict(os.environ) == environment
    assert [os.fstat(number).st_ino for number in (1, 2)] == [s.st_ino for s in descriptors]
