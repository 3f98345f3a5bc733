"""vLLM's failures → EngineErrors in plain words; the true cause often stands only in its log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.engines.failure import one_line, reason
from harness.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

CAUSE = re.compile(r"\b((?:\w+\.)*\w*(?:Error|Exception|Interrupt)): (\S.*)")
HIDES_THE_CAUSE = ("Engine core initialization failed", "EngineDeadError", "See stack trace")
LESS_MEMORY = (
    "lower gpu_memory_utilization or max_model_len in the model's args; on the CPU, lower "
    "kv_cache_memory_bytes or VLLM_CPU_KVCACHE_SPACE (GiB), or free some RAM"
)
MEMORY = re.compile(r"memory|KV cache", re.IGNORECASE)


def start_error(model: str, error: Exception, log: Path, seen: int) -> EngineError:
    """Say why vLLM did not start.

    Args:
        model: the checkpoint, as the user names it.
        error: what vLLM raised.
        log: where its chatter goes.
        seen: the log's length, in bytes, before the start.
    """
    why = reason(error)
    if any(mark in why for mark in HIDES_THE_CAUSE) or not str(error).strip():
        why = _cause(log, seen) or why
    message = f"vLLM cannot start '{model}': {one_line(why)}"
    return EngineError(message, hint=f"{_hint(why)} (log: {log})")


def died_error(model: str, log: Path) -> EngineError:
    """Say that the model's process is gone."""
    why = _cause(log, 0)
    if why is None:
        return EngineError(
            f"the process that runs '{model}' died without a word",
            hint=f"the system kills what takes too much memory: {LESS_MEMORY} (log: {log})",
        )
    return EngineError(
        f"the process that runs '{model}' died: {one_line(why)}",
        hint=f"{_hint(why)} (log: {log})",
    )


def _cause(log: Path, seen: int) -> str | None:
    """Find the last error in the log, from byte ``seen`` on, that names a cause."""
    with log.open("rb") as file:
        file.seek(seen)
        lines = file.read().decode("utf-8", "replace").splitlines()
    for line in reversed(lines):
        match = CAUSE.search(line)
        if match and not any(mark in line for mark in HIDES_THE_CAUSE):
            return f"{match[1]}: {match[2]}"
    return None


def _hint(why: str) -> str:
    if MEMORY.search(why):
        return LESS_MEMORY
    if "bootstrapping phase" in why:
        return "a script that starts an engine must do so under: if __name__ == '__main__'"
    if "unexpected keyword argument" in why:
        return "the model's args are vLLM's engine arguments: vllm serve --help"
    return "the log has the whole story"
