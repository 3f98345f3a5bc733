"""Variants → which of their variables and axes nothing uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.render import Renderer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.pipeline.asking.replayed import ReplayRenderer
    from harness.records import PromptVariant, Where
    from harness.render import ControlRenderer


def unused_variables(
    renderers: Iterable[Renderer | ControlRenderer | ReplayRenderer],
) -> Iterator[str]:
    """Name each variable and axis, by its place, that none of the variants which have it uses.

    One that is declared in a file which others extend is used if one of these uses it.
    """
    used: dict[tuple[Where, str], bool] = {}
    axes: set[tuple[Where, str]] = set()
    for renderer in renderers:
        variant = renderer.variant
        if not isinstance(renderer, Renderer) or not variant.vars:
            continue
        names = renderer.names | _in_exemplars(variant)
        for name in variant.vars:
            if where := variant.where.get(f"vars.{name}"):
                used[where, name] = used.get((where, name), False) or name in names
                axes |= {(where, name)} if name in variant.axes else set()
    for (where, name), is_used in used.items():
        if not is_used:
            kind = "axis" if (where, name) in axes else "variable"
            what = "template and no 'exemplars:'" if kind == "axis" else "template"
            yield f"{where}: unused {kind} '{name}': no {what} names it"


def _in_exemplars(variant: PromptVariant) -> set[str]:
    spec = variant.exemplars
    return {name for name in (spec.count, spec.order) if isinstance(name, str)} if spec else set()
