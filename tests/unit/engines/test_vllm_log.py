from __future__ import annotations

from harness.engines.vllm_log import died_error, start_error

# The end of a real log of vLLM 0.32, shortened.
LOG = """\
(EngineCore pid=1) ERROR 11-21 [core.py:1508] EngineCore failed to start.
(EngineCore pid=1) ERROR 11-21 [core.py:1508] ValueError: Available memory on node 0 (6.86/9.71 \
GiB) on kv cache allocation is less than requested memory for kv (200.0 GiB).
(MainProcess pid=2) RuntimeError: Engine core initialization failed. See root cause above.
"""
HIDING = RuntimeError("Engine core initialization failed. See root cause above.")


def test_the_cause_is_taken_from_the_log_and_the_hint_names_what_to_lower(tmp_path):
    log = tmp_path / "engine.log"
    log.write_text(LOG)
    message = str(start_error("demo", HIDING, log, 0))
    assert "ValueError: Available memory on node 0" in message
    for name in ("gpu_memory_utilization", "VLLM_CPU_KVCACHE_SPACE", str(log)):
        assert name in message


def test_an_earlier_runs_failure_is_not_blamed(tmp_path):
    log = tmp_path / "engine.log"
    log.write_text(LOG)
    assert "Available memory" not in str(start_error("demo", HIDING, log, len(LOG)))


def test_a_plain_error_speaks_for_itself(tmp_path):
    log = tmp_path / "engine.log"
    log.write_text(LOG)
    error = TypeError("__init__() got an unexpected keyword argument 'max_modellen'")
    message = str(start_error("demo", error, log, 0))
    assert "max_modellen" in message
    assert "engine arguments" in message


def test_a_process_that_died_without_a_word_was_probably_killed(tmp_path):
    log = tmp_path / "engine.log"
    log.write_text("INFO all is well\n")
    assert "memory" in str(died_error("demo", log))
