"""A suite's plan → what lints look at: its prompts, as they are written and as they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.config.selecting import file_of
from harness.errors import HarnessError
from harness.records import Where
from harness.render import Renderer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from harness.pipeline.asking.plan import Plan
    from harness.records import PromptVariant, RenderedPrompt, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The prompts of a suite that people wrote: none of its controls, no file of predictions."""

    plan: Plan
    """With the samples that prompts are looked at for."""
    whole: Plan
    """With all samples of the dataset, whether their images are there or not."""
    beside: Sequence[PromptVariant] = ()
    """The suite's variants that are not looked at themselves."""

    @property
    def renderers(self) -> list[Renderer]:
        """What renders each variant that can be rendered."""
        return [r for r in self.plan.renderers.values() if isinstance(r, Renderer)]

    def prompts(self, variant: str) -> Iterator[tuple[Sample, RenderedPrompt]]:
        """Render a variant for the samples; where its template fails, which is a problem, not."""
        return self.rendered(variant, self.plan.samples)

    def rendered(
        self, variant: str, samples: Iterable[Sample]
    ) -> Iterator[tuple[Sample, RenderedPrompt]]:
        """Render a variant for some samples."""
        renderer = self.plan.renderers[variant]
        for sample in samples:
            try:
                prompt = renderer.render(sample)
            except HarnessError:
                continue
            yield sample, prompt

    def question(self, variant: PromptVariant) -> Where | None:
        """Give the place of the template that asks, in whichever file it stands."""
        *_, key = (key for key, turn in variant.templates() if turn.role == "user")
        return variant.where.get(key)

    def templates(self, variant: PromptVariant) -> Where:
        """Give the place of a variant's first template that stands in its own file."""
        return self.place(variant, *(key for key, _ in variant.templates()))

    def file(self, variant: PromptVariant) -> Path:
        """Give the file that a variant is made of."""
        return self.plan.suite.folder / f"{variant.matrix or file_of(variant.name)}.yaml"

    def place(self, variant: PromptVariant, *keys: str) -> Where:
        """Give the place of the first of some keys that stands in a variant's own file."""
        own = self.file(variant)
        places = (variant.where.get(key) for key in keys)
        return next((w for w in places if w and w.path == own), Where(path=own, line=1))
