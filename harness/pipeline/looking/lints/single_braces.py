"""``single_braces``: ``{ metadata.lang }``, sent as it stands, in the place of ``{{ … }}``.

Only names that a template knows are meant: JSON and other text in braces are none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.records import Lint, TextWhere, Where
from harness.render.renderer import EXEMPLARS, SEEN
from harness.yaml_texts import line_below

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.pipeline.looking.lints.looked import Looked

_CODE = re.compile(
    r"\{\{.*?\}\}|\{#.*?#\}|\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}|\{%.*?%\}", re.DOTALL
)
"""What Jinja reads, and what it is told not to."""
_SINGLE = re.compile(r"(?<![{\w\\$])\{[ \t]*([A-Za-z_]\w*)((?:\.\w+)*)[ \t]*\}(?!\})")


def single_braces(looked: Looked) -> Iterator[Lint]:
    """Find each name in single braces, by its line, that the variants there know."""
    fields = {name for sample in looked.plan.samples for name in sample.metadata}
    found: dict[tuple[str, Where | None], list[str]] = {}
    for renderer in looked.renderers:
        variant = renderer.variant
        known = {*SEEN, EXEMPLARS, *variant.vars}
        for key, turn in variant.templates():
            text = _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code.group()), turn.content)
            for match in _SINGLE.finditer(text):
                name, path = match[1], match[2]
                if name in fields - known and not path:
                    name = f"metadata.{name}"
                elif name not in known or (name == "metadata" and path[1:] not in fields):
                    continue
                place = _line(variant.where.get(key), text, match.start())
                names = found.setdefault((name + path, place), [])
                names += [] if variant.name in names else [variant.name]
    for (name, where), variants in found.items():
        yield Lint(
            name="single_braces",
            where=where,
            message=f"'{name}' in single braces is sent as it stands",
            hint=f"write {{{{ {name} }}}}",
            variants=tuple(variants),
        )


def _line(begin: Where | None, text: str, letter: int) -> Where | None:
    """Give the line of a letter of a template."""
    if begin is None or begin.line is None:
        return begin
    breaks = begin.breaks if isinstance(begin, TextWhere) else None
    below = text.count("\n", 0, letter) if breaks is None else line_below(breaks, letter)
    return Where(path=begin.path, line=begin.line + below)
