"""A suite on an engine that hangs, fails or takes adapters; in a script and in a notebook."""

import asyncio
import json
import os
import signal
import sqlite3
import threading

import pytest

from harness.config.load import load_suite
from harness.errors import EngineError
from harness.executors.executor import Interrupted
from harness.executors.local import LocalExecutor
from harness.executors.watched import Limits
from harness.pipeline.asking.generate import agenerate, look_up
from harness.pipeline.asking.plan import Choice, make_plan
from harness.pipeline.asking.run import run_suite
from harness.records import ImageCounts
from harness.store.completions import CompletionStore

pytestmark = pytest.mark.usefixtures("hanging_engine")

SHORT = Limits(beyond=0.2, grace=0.1, image_work=0.1, close=0.1, stopping=0.1, dying=0.1)


class Said:
    """Progress that is kept."""

    def __init__(self):
        self.stages = []
        self.logs = []
        self.done = 0

    def stage(self, text, log=None):
        self.stages.append(text)
        self.logs.append(log)

    def advance(self, done, total):
        self.done = done


@pytest.fixture
def suite(project):
    """Give the small project's suite with these models."""
    folder = project / "prompts/titles"

    def changed(*models):
        text = (folder / "suite.yaml").read_text()
        head, _, tail = text.partition("models: ")
        lines = tail.split("\n", 1)[1].replace("[bleu, rouge_l, cider]", "[exact_match]")
        (folder / "suite.yaml").write_text(f"{head}models: {json.dumps(models)}\n{lines}")
        return folder

    return changed


def model(name="m", timeout=0.2, **args):
    return {"name": name, "engine": "hanging", "model": "none", "timeout": timeout, "args": args}


def run(folder, max_failures=None, executor=None, progress=None):
    return run_suite(
        folder,
        Choice(),
        out=None,
        with_reported=False,
        max_failures=max_failures,
        progress=progress or Said(),
        executor=executor or LocalExecutor(limits=SHORT),
    )


def committed(folder):
    db = sqlite3.connect(folder.parent.parent / "results/store.sqlite")
    try:
        return dict(db.execute("SELECT key, text FROM completions").fetchall())
    finally:
        db.close()


# --- what hangs


@pytest.mark.parametrize("hangs", ["answer", "stream", "batch"])
def test_what_was_answered_before_the_silence_is_kept(suite, hangs):
    folder = suite(model(hangs=hangs, after=3, in_flight=2))
    with pytest.raises(EngineError, match="answers nothing"):
        run(folder)
    assert len(committed(folder)) == 3
    outcome = run(suite(model(in_flight=2)))
    assert outcome.generation.generated == 5
    assert len(committed(folder)) == 8


def test_a_model_that_hangs_at_its_end_costs_nothing_and_is_told(suite):
    outcome = run(suite(model(hangs="close")))
    assert outcome.generation.generated == 8
    assert outcome.folder.complete
    assert outcome.generation.remarks == ["'none' did not end by itself: it was left behind"]


def test_an_unknown_count_of_pictures_is_unknown_and_told(suite):
    outcome = run(suite(model(hangs="image_work")))
    assert outcome.summary.cost.images == ImageCounts(asked=8)
    [remark] = outcome.generation.remarks
    assert "did not say what it did to its pictures" in remark


def test_the_start_names_the_log(suite):
    progress = Said()
    outcome = run(suite(model()), progress=progress)
    at = progress.stages.index("starting m (hanging)")
    assert progress.logs[at] == outcome.folder.engine_log


# --- how many may fail


@pytest.mark.parametrize(("limit", "stops"), [("4", False), ("3", True), ("0", True)])
def test_as_many_may_fail_as_max_failures_says(suite, limit, stops):
    folder = suite(model(broken=2, in_flight=1))  # four of the eight
    if stops:
        with pytest.raises(EngineError, match=rf"^{int(limit) + 1} requests have failed"):
            run(folder, limit)
    else:
        assert run(folder, limit).generation.failed == 4


@pytest.mark.parametrize(("share", "stops"), [("50%", False), ("49.9%", True), ("37.5%", True)])
def test_a_share_of_what_is_asked_may_fail(suite, share, stops):
    folder = suite(model(broken=2, in_flight=1))
    if stops:
        with pytest.raises(EngineError, match=r"^4 requests have failed"):
            run(folder, share)
    else:
        assert run(folder, share).generation.failed == 4


# --- one start or several


def test_adapters_share_a_start_and_their_base_has_its_own(suite, project, hanging_engine):
    """In one batch with its adapters a base would answer with the weights of one of them."""
    adapters = []
    for name in ("sweet", "sour"):
        folder = project / name
        folder.mkdir()
        (folder / "adapter_config.json").write_text(json.dumps({"r": 8, "name": name}))
        adapters.append(folder)
    models = [model("plain"), *(model(a.name) | {"adapter": str(a)} for a in adapters)]
    outcome = run(suite(*models))
    assert outcome.generation.generated == 24
    given = [start.adapters for start in hanging_engine.starts]
    assert given == [(), tuple(map(str, adapters))]


def test_other_sampling_of_one_model_needs_no_second_start(suite, hanging_engine):
    folder = suite(model("one"), model("two") | {"generation": {"max_tokens": 7}})
    assert run(folder).generation.generated == 16
    assert len(hanging_engine.starts) == 1
    run(suite(model("one"), model("two", answer="other")))
    assert len(hanging_engine.starts) == 2  # the first one's answers are there


# --- in a notebook, and without a trace in the process


def test_a_run_in_a_running_loop_gives_what_a_script_gets(suite):
    folder = suite({"name": "m", "engine": "fake", "model": "none"})

    async def notebook():
        return run(folder)

    inside = asyncio.run(notebook())
    assert inside.generation.generated == 8
    again = run(folder)
    assert again.unchanged
    assert again.folder.path == inside.folder.path


def test_generating_can_be_awaited(suite, tmp_path):
    plan = make_plan(load_suite(suite(model())), Choice())

    async def notebook():
        others = 0

        async def another_cell():
            nonlocal others
            while True:
                others += 1
                await asyncio.sleep(0.001)

        beside = asyncio.ensure_future(another_cell())
        with CompletionStore(tmp_path / "store.sqlite") as store:
            lookup = look_up(plan, store)
            result = await agenerate(
                plan, store, lookup, max_failures=None, log=tmp_path / "log", progress=Said()
            )
            beside.cancel()
            return result.generated, look_up(plan, store).missing, others

    generated, missing, others = asyncio.run(notebook())
    assert (generated, missing) == (8, {})
    assert others


def test_an_awaited_generation_that_is_cancelled_keeps_what_was_finished(suite, tmp_path):
    plan = make_plan(load_suite(suite(model(hangs="stream", after=3, timeout=600))), Choice())

    async def notebook():
        with CompletionStore(tmp_path / "store.sqlite") as store:
            progress = Said()
            lookup = look_up(plan, store)
            work = asyncio.ensure_future(
                agenerate(
                    plan,
                    store,
                    lookup,
                    max_failures=None,
                    log=tmp_path / "log",
                    progress=progress,
                    executor=LocalExecutor(limits=SHORT),
                )
            )
            while progress.done < 3:
                await asyncio.sleep(0.01)
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
            return sum(look_up(plan, store).missing.values())

    assert asyncio.run(notebook()) == 5


def test_by_default_a_run_leaves_the_process_as_it_is(suite, hanging_engine):
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    environment, threads = dict(os.environ), threading.active_count()
    run(suite(model()), executor=LocalExecutor())
    assert hanging_engine.handlers == before[:1]
    after = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert after == before
    assert dict(os.environ) == environment
    assert threading.active_count() == threads
    run(suite(model(answer="other")), executor=LocalExecutor(signals=True))
    assert hanging_engine.handlers[1] != before[0]
    after = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert after == before


def test_an_executor_that_was_stopped_by_others_has_not_finished(suite):
    """It knows of a stop that did not come through this process, as a cluster's end of a job."""

    class Stopped(LocalExecutor):
        def started(self, *args, **kwargs):
            raise Interrupted("the job was ended")

    with pytest.raises(Interrupted, match="0 of 8"):
        run(suite(model()), executor=Stopped(limits=SHORT))
