"""``unused_variable``: a variable, or an axis of a matrix, that no template looks up."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.records import Lint
from harness.render import Renderer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.pipeline.looking.lints.looked import Looked
    from harness.records import PromptVariant, Where


def unused_variable(looked: Looked) -> Iterator[Lint]:
    """Find each variable and axis, by its place, that none of the variants which have it uses.

    One that is declared in a file which others extend is used if one of these uses it.
    """
    having: dict[tuple[Where, str], list[PromptVariant]] = {}
    for renderer in looked.renderers:
        variant = renderer.variant
        for name in variant.vars:
            if where := variant.where.get(f"vars.{name}"):
                having.setdefault((where, name), []).append(variant)
    used = {
        (variant.where.get(f"vars.{name}"), name)
        for variant in (*(r.variant for r in looked.renderers), *looked.beside)
        if variant.vars
        for name in names_of(variant)
    }
    for (where, name), variants in having.items():
        if (where, name) not in used:
            axis = any(name in variant.axes for variant in variants)
            what = "axis" if axis else "variable"
            places = "template and no 'exemplars:'" if axis else "template"
            yield Lint(
                name="unused_variable",
                where=where,
                message=f"unused {what} '{name}': no {places} names it",
                hint=f"write {{{{ {name} }}}} where it is meant, or take it out",
                variants=tuple(variant.name for variant in variants),
            )


def names_of(variant: PromptVariant) -> set[str]:
    """Give the names that a variant's templates and exemplars look up."""
    spec = variant.exemplars
    names = {name for name in (spec.count, spec.order) if isinstance(name, str)} if spec else set()
    with suppress(HarnessError):  # what is no template is a problem, and told as one
        names |= Renderer(variant).names
    return names
