"""Real vLLM whose model process hangs (it is stopped, and lives): no run waits for ever."""

import signal
import time

import psutil
import pytest

SUITE = "prompts/recipe-titles"
TOTAL = 60 * 3


@pytest.fixture
def hung(tmp_path, slow_demo, started):
    """Start the demo suite, and stop the model's process when it has answered some."""
    runs = []

    def start(timeout):
        slow_demo(in_flight=4, timeout=timeout)
        run = started("run", SUITE, "--limit", "60", cwd=tmp_path)
        assert run.wait_for_shown(20, TOTAL)
        # Beside it there is multiprocessing's own small process.
        children = psutil.Process(run.process.pid).children()
        model = max(children, key=lambda child: child.memory_info().rss)
        model.suspend()
        runs.append(model)
        return run, model

    yield start
    for model in runs:
        if model.is_running():
            model.kill()


def test_a_signal_ends_a_run_whose_model_hangs(hung, tmp_path, committed):
    run, model = hung(1800)
    time.sleep(1)
    began = time.monotonic()
    run.signal(signal.SIGTERM)
    assert run.end()[0] == 130, run.screen[-2000:]
    assert time.monotonic() - began < 90
    kept = len(committed(tmp_path / "results/store.sqlite"))
    assert kept >= 20
    assert f"stopped with {kept} of {TOTAL} completions finished; they are kept" in run.screen
    assert not model.is_running()


def test_a_model_that_hangs_ends_its_run_by_itself(hung, tmp_path, committed):
    run, model = hung(20)
    code, _ = run.end()
    assert code == 1, run.screen[-2000:]
    assert "answers nothing: 4 requests in a row had no answer within 20 s" in run.screen
    assert len(committed(tmp_path / "results/store.sqlite")) >= 20
    assert not model.is_running()
