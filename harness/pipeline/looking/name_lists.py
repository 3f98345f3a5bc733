"""The names that a suite or a variant may use, kind by kind."""

from __future__ import annotations

from harness.config.load import preset_names
from harness.engines.protocol import ENGINES
from harness.metrics.registry import METRICS, UNAVAILABLE
from harness.postprocess import FIELD, STEPS


def names_of(kind: str) -> list[str]:
    """List the names of one kind: models, engines, metrics or steps.

    A name that is known and cannot be had stands last, with the reason.
    """
    return {
        "models": preset_names(),
        "engines": list(ENGINES),
        "metrics": [*METRICS, *(f"({name}: {reason})" for name, reason in UNAVAILABLE.items())],
        "steps": [*STEPS, f"{FIELD}NAME"],
    }[kind]
