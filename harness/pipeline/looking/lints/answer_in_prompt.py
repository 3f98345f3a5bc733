"""``answer_in_prompt``: a prompt shows a sample's own answer, which stands in the sample's data.

What a prompt's own text or its exemplars give away is refused, and no lint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.pipeline.asking.shown_answers import shown_answers
from harness.records import Lint
from harness.render import Renderer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.pipeline.asking.shown_answers import ShownAnswers
    from harness.pipeline.looking.lints.looked import Looked
    from harness.records import Where


def answer_in_prompt(looked: Looked) -> Iterator[Lint]:
    """Find variants that show references of samples, each template once."""
    places: dict[Where | None, list[ShownAnswers]] = {}
    for shown in shown_answers(looked.whole):
        renderer = looked.plan.renderers[shown.variant]
        if isinstance(renderer, Renderer):
            named = (renderer.place_of(column) for column in shown.columns)
            where = next(filter(None, named), None) or looked.question(renderer.variant)
            places.setdefault(where, []).append(shown)
    for where, (first, *more) in places.items():
        yield Lint(
            name="answer_in_prompt",
            where=where,
            message=f"'{first.variant}' {first}",
            hint="take it out of the template: what is scored is copying",
            variants=(first.variant, *(shown.variant for shown in more)),
        )
