"""``too_long``: prompt, pictures and answer do not fit into the model's context.

Looked for where the checkpoint's files are here (``harness.engines.prompt_length``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.engines.prompt_length import prompt_length
from harness.engines.sampling import DEFAULT_MAX_TOKENS
from harness.records import Lint
from harness.render import Renderer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.engines.prompt_length import Length, PromptLength
    from harness.pipeline.looking.lints.looked import Looked
    from harness.records import ModelConfig, PromptVariant, System, Where


class _Long(NamedTuple):
    length: Length
    sample: str
    answer: int
    """Tokens that the answer may have."""


def too_long(looked: Looked) -> list[Lint] | None:
    """Find prompts that are too long for a model, of each file the longest.

    Returns:
        None where none was found, and the files of some model are not here.
    """
    models = looked.plan.suite.models
    measures = [(model, measure) for model in models if (measure := prompt_length(model))]
    lints = [lint for model, measure in measures for lint in _of_model(looked, model, measure)]
    return lints if lints or len(measures) == len(models) else None


def _of_model(looked: Looked, model: ModelConfig, measure: PromptLength) -> Iterator[Lint]:
    found: dict[Where, list[tuple[PromptVariant, _Long]]] = {}
    for system in looked.plan.asked:
        renderer = looked.plan.renderers.get(system.variant)
        if system.model == model.name and isinstance(renderer, Renderer):
            longest = max(_too_long(looked, system, measure), key=_whole, default=None)
            if longest is not None:
                place = looked.templates(renderer.variant)
                found.setdefault(place, []).append((renderer.variant, longest))
    for place, each in found.items():
        yield _lint(model, measure.context, place, each)


def _too_long(looked: Looked, system: System, measure: PromptLength) -> Iterator[_Long]:
    answer = system.decoding.params.get("max_tokens") or DEFAULT_MAX_TOKENS
    for sample, prompt in looked.prompts(system.variant):
        length = measure.of(prompt, measure.context - answer)
        if length is not None:
            yield _Long(length, sample.id, answer)


def _whole(long: _Long) -> int:
    return long.length.tokens + long.answer


def _lint(
    model: ModelConfig, context: int, place: Where, each: list[tuple[PromptVariant, _Long]]
) -> Lint:
    variant, (length, sample, answer) = max(each, key=lambda found: _whole(found[1]))
    room = context - length.tokens
    pictures = f", {length.images:,} of them of its images" if length.images else ""
    told = (
        f"{room:,} are left for the answer, and max_tokens is {answer:,}"
        if room > 0
        else "such a request fails"
    )
    return Lint(
        name="too_long",
        where=place,
        message=f"'{variant.name}' has at least {length.tokens:,} tokens{pictures} (sample "
        f"'{sample}'), and the context of '{model.name}' {context:,}: {told}",
        hint="shorten it, show fewer exemplars or smaller images, or lower max_tokens",
        variants=tuple(dict.fromkeys(variant.name for variant, _ in each)),
    )
