"""``postprocess:`` of a variant, a list of steps or several under names → what is wrong with it.

The steps themselves are known to the post-processing stage, which checks them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.config.names import unique
from harness.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from harness.records import Where

MARK = ":"
"""Between a system's name and that of its pipeline."""


def pipelines_of(
    written: Sequence[str] | Mapping[str, Sequence[str]] | None,
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Give the steps of the pipeline without a name, and the named ones; one of them is empty."""
    if written is None or not hasattr(written, "items"):
        return tuple(written or ()), {}
    return (), {name: tuple(steps) for name, steps in written.items()}


def pipeline_problems(
    written: Sequence[str] | Mapping[str, Sequence[str]] | None,
    where: Where | None = None,
    place_of: Callable[[str], Where | None] = lambda _name: None,
) -> Iterator[ConfigError]:
    """Check the names of pipelines: they become parts of systems' names.

    Args:
        written: as a file has them.
        where: the place of all of them.
        place_of: gives that of one, by its name.
    """
    _, named = pipelines_of(written)
    if written is not None and hasattr(written, "items") and not named:
        yield ConfigError(
            "'postprocess' names no pipeline",
            where=where,
            hint="leave the line out, or write a list of steps: [] for none",
        )
    yield from unique("pipeline", ((name, place_of(name) or where) for name in named))
    for name in named:
        if MARK in name:
            message = (
                f"the pipeline name '{name}' holds a '{MARK}', which stands before it in tables"
            )
            yield ConfigError(message, where=place_of(name) or where)
