"""A suite's plan → what lints look at: its prompts, as they are written and as they are sent."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.render import Renderer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.pipeline.asking.plan import Plan
    from harness.records import PromptVariant, RenderedPrompt, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The prompts of a suite that people wrote: none of its controls, no file of predictions."""

    plan: Plan
    """With the samples that prompts are rendered for."""
    beside: Sequence[PromptVariant] = ()
    """The suite's variants that are not looked at themselves."""

    @property
    def renderers(self) -> list[Renderer]:
        """What renders each variant that can be rendered."""
        return [r for r in self.plan.renderers.values() if isinstance(r, Renderer)]

    def prompts(self, variant: str) -> Iterator[tuple[Sample, RenderedPrompt]]:
        """Render a variant for each sample; where its template fails, which is a problem, not."""
        renderer = self.plan.renderers[variant]
        for sample in self.plan.samples:
            with suppress(HarnessError):
                yield sample, renderer.render(sample)
