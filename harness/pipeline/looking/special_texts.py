"""Rendered prompts → where they hold a special token, for which a model's engine refuses them.

Known of models whose files are here; of others a run tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.engines.tokens_here import tokens_here
from harness.errors import RenderError
from harness.records import TextWhere, Where
from harness.render import Renderer
from harness.yaml_texts import line_below

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.engines.tokens_here import TokensHere
    from harness.pipeline.asking.plan import Plan
    from harness.records import PromptVariant, RenderedPrompt, Sample

_WRITTEN = "say it in other words"
_SHOWN = "change it where it is shown: {{{{ … | replace('{token}', '') }}}}"


class SpecialTexts:
    """Gathers the prompts of a plan that models would refuse.

    Args:
        plan: whose prompts they are.
    """

    def __init__(self, plan: Plan) -> None:
        known = {m.name: tokens for m in plan.suite.models if (tokens := tokens_here(m))}
        self._asked: dict[str, dict[str, TokensHere]] = {}
        """Variant → the models that are asked it, with their tokens."""
        for system in plan.asked:
            if system.model in known:
                self._asked.setdefault(system.variant, {})[system.model] = known[system.model]
        self._found: dict[tuple[Where | None, str, str, str], list[tuple[str, str]]] = {}
        """Place, hint, reason and model → variant and sample of each prompt."""

    def look(self, renderer: object, sample: Sample, prompt: RenderedPrompt) -> None:
        """Look at a prompt that people wrote; one of a control has the same words."""
        if not isinstance(renderer, Renderer):
            return
        variant = renderer.variant
        for model, tokens in self._asked.get(variant.name, {}).items():
            if refused := tokens.refusal(prompt):
                error, held = refused
                key = (*_place(variant, held), error.message, model)
                self._found.setdefault(key, []).append((variant.name, sample.id))

    def problems(self) -> Iterator[RenderError]:
        """Say what was found, once for each place, reason and model."""
        for (where, hint, reason, model), prompts in self._found.items():
            variant, sample = prompts[0]
            more = f", the first of {len(prompts):,} such prompts" if len(prompts) > 1 else ""
            message = f"'{model}' would refuse '{variant}' (sample '{sample}'{more}): {reason}"
            yield RenderError(message, where=where, hint=hint)


def _place(variant: PromptVariant, tokens: set[str]) -> tuple[Where | None, str]:
    """Find the line that writes a token, else the template that asks; and say what to do there."""
    written = list(variant.templates())
    texts = [(turn.content, variant.where.get(key)) for key, turn in written]
    texts += [(part.text, Where(path=part.path, line=1)) for part in variant.parts]
    for text, begin in texts:
        places = [at for token in tokens if (at := text.find(token)) >= 0]
        if places and begin is not None and begin.line is not None:
            line = begin.line + _below(begin, text, min(places))
            return Where(path=begin.path, line=line), _WRITTEN
    *_, key = (key for key, turn in written if turn.role == "user")
    return variant.where.get(key), _SHOWN.format(token=min(tokens))


def _below(begin: Where, text: str, position: int) -> int:
    """Count the lines of a file from where a text begins to one of its letters."""
    breaks = begin.breaks if isinstance(begin, TextWhere) else None
    return text.count("\n", 0, position) if breaks is None else line_below(breaks, position)
