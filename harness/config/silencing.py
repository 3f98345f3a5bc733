"""``silence:`` of a file → the lints that it does not want to hear of, each with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.records import Silence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import LintName
    from harness.yaml_source import YamlSource


def silences(names: Sequence[LintName], source: YamlSource) -> tuple[Silence, ...]:
    """Say where each stands."""
    return tuple(
        Silence(name=name, where=source.where(("silence", i))) for i, name in enumerate(names)
    )
