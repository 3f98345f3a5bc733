"""A suite's controls + its samples → what renders each control's prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.config.control_kinds import control_name
from harness.errors import ConfigError
from harness.render import ControlRenderer, Renderer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.pipeline.asking.replayed import ReplayRenderer
    from harness.records import Control, MediaRef, Sample, Suite


def control_renderers(
    suite: Suite,
    renderers: Mapping[str, Renderer | ControlRenderer | ReplayRenderer],
    samples: Sequence[Sample],
) -> dict[str, ControlRenderer]:
    """Make what renders each control of each variant.

    Args:
        suite: whose controls these are.
        renderers: of its variants; one that has none, since it is wrong, has no controls.
        samples: of the run.

    Returns:
        Name of the control → its renderer.

    Raises:
        HarnessError: there is nothing that a control could show.
    """
    pictures: dict[Control, Callable[[Sample], tuple[MediaRef, ...]] | None] = {"blind": None}
    found: dict[str, ControlRenderer] = {}
    for variant, controls in suite.controls.items():
        renderer = renderers.get(variant)
        if not isinstance(renderer, Renderer):
            continue
        for control in controls:
            name = control_name(variant, control)
            found[name] = ControlRenderer(renderer, name, control, pictures[control])
            if control == "blind":
                _refuse_silence(found[name], samples[0])
    return found


def _refuse_silence(renderer: ControlRenderer, sample: Sample) -> None:
    """Refuse a prompt that is its image alone: without it a model would be sent nothing.

    Raises:
        ConfigError: it is one.
    """
    if not any(message.parts for message in renderer.render(sample).messages):
        raise ConfigError(
            f"'{renderer.variant.name}' would send nothing: the prompt is an image alone",
            hint="leave 'blind' out of 'controls:'; shuffled and grey say the same and more",
        )
