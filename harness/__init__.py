"""Multimodal LLM prompt-evaluation harness; the command is ``harness``, see :mod:`harness.cli`.

``import harness`` loads nothing; the functions below are loaded when they are first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.api import (
        Run,
        TextScores,
        compare,
        evaluate,
        evaluate_async,
        load_run,
        score,
        score_file,
    )

__all__ = [
    "Run",
    "TextScores",
    "compare",
    "evaluate",
    "evaluate_async",
    "load_run",
    "score",
    "score_file",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'harness' has no attribute '{name}'")
    from harness import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
