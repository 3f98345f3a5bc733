"""A renderer + what stands in for a sample's images → the prompts of a control; no I/O.

All else of a prompt stays as it is: its texts, its data, and with other images its exemplars too.
Without images it shows none at all, and the texts around them stay where they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.records import Control, MediaRef, PromptVariant, RenderedPrompt, Sample
    from harness.render.renderer import Renderer


class ControlRenderer:
    """Renders one control of one variant.

    Args:
        renderer: of the variant.
        name: under which the control stands.
        control: what it is.
        pictures: gives what is shown in the place of a sample's images; None: nothing is.
    """

    def __init__(
        self,
        renderer: Renderer,
        name: str,
        control: Control,
        pictures: Callable[[Sample], tuple[MediaRef, ...]] | None,
    ) -> None:
        self.variant: PromptVariant = replace(
            renderer.variant,
            name=name,
            matrix=None,
            axes={},
            nuisance=(),
            control=control,
            control_of=renderer.variant.name,
        )
        self._renderer = renderer
        self._pictures = pictures

    def render(self, sample: Sample) -> RenderedPrompt:
        """Give exactly what a model is sent for this sample.

        Raises:
            RenderError: the template fails.
        """
        if self._pictures is None:
            return self._renderer.render(sample, blind=True)
        return self._renderer.render(replace(sample, media=self._pictures(sample)))
