"""The names that a suite, a variant or a dataset may use, kind by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.config.load import preset_names
from harness.dataset.sources.table import SOURCES, added_sources
from harness.engines.protocol import ENGINES, added_engines
from harness.metrics.registry import METRICS, UNAVAILABLE, added_metrics
from harness.postprocess import added_steps, step_forms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.additions import Addition


def names_of(kind: str) -> list[str]:
    """List the names of one kind: models, engines, metrics, steps or formats.

    What a package adds stands behind ours, with the package and its version. A name that is known
    and cannot be had stands last, with the reason.

    Raises:
        ConfigError: two have one name.
    """
    match kind:
        case "models":
            return preset_names()
        case "engines":
            return [*ENGINES, *_added(added_engines())]
        case "metrics":
            absent = (f"({name}: {reason})" for name, reason in UNAVAILABLE.items())
            return [*METRICS, *_added(added_metrics()), *absent]
        case "formats":
            return [*SOURCES, *_added(added_sources())]
        case _:
            return [*step_forms(), *_added(added_steps())]


def _added(additions: Mapping[str, Addition]) -> list[str]:
    return [f"{name} (of {each.label})" for name, each in additions.items()]
