"""A suite's controls + its samples → what renders each control's prompts."""

from __future__ import annotations

from array import array
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from harness.config.control_kinds import control_name
from harness.config.names import unique
from harness.dataset.known_texts import KnownTexts
from harness.engines.protocol import check_blind
from harness.errors import ConfigError, DataError, RenderError
from harness.media import grey, upright_size
from harness.pipeline.asking.donors import donors_of
from harness.pipeline.asking.systems import control_systems, file_place
from harness.render import ControlRenderer, Renderer

_SIZES = 100_000
"""Images whose size is kept: a plan is walked through several times."""

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.config.problems import Problems
    from harness.pipeline.asking.replayed import ReplayRenderer
    from harness.records import Control, MediaRef, Sample, Suite, System


def add_controls(
    suite: Suite,
    samples: Sequence[Sample],
    renderers: dict[str, Renderer | ControlRenderer | ReplayRenderer],
    systems: list[System],
    problems: Problems,
) -> None:
    """Put the controls of a plan's variants and systems behind them.

    Args:
        suite: whose controls these are.
        samples: of the run.
        renderers: by variant.
        systems: of the plan.
        problems: takes what is wrong.
    """
    if not suite.controls:
        return
    where = suite.where.get("controls")
    if any("blind" in kinds for kinds in suite.controls.values()):
        for model in suite.models:
            with problems.caught(where):
                check_blind(model)
    with problems.caught(where):
        controls = control_renderers(suite, renderers, samples)
        names = [(name, file_place(renderer.variant)) for name, renderer in renderers.items()]
        names += [(name, where) for name in controls]
        if taken := unique("variant", names, joined=False):
            problems.add(taken)
            return  # of systems of one name the same would be said
        renderers |= controls
        systems += control_systems(suite, systems)


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
    wanted = {control for controls in suite.controls.values() for control in controls}
    pictures: dict[Control, Callable[[Sample], tuple[MediaRef, ...]] | None] = {"blind": None}
    if "shuffled" in wanted:
        pictures["shuffled"] = _of_donors(samples)
    if "grey" in wanted:
        pictures["grey"] = _grey
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


def refuse_no_donor(suite: Suite, samples: Sequence[Sample], problems: Problems) -> None:
    """Say where 'shuffled' has nothing to show, before there is a plan of all samples.

    Args:
        suite: whose controls these are.
        samples: all, whether or not they have their images; one that lacks them, where others do
            not, is none of a run.
        problems: takes what is wrong.
    """
    if not any("shuffled" in kinds for kinds in suite.controls.values()):
        return
    if not all(sample.media for sample in samples):
        samples = [sample for sample in samples if sample.media] or samples
    with problems.caught(suite.where.get("controls")):
        donors_of(samples)


def without_shuffled(suite: Suite) -> Suite:
    """Leave out the controls that need several samples to be rendered for one."""
    kept = {
        name: tuple(control for control in controls if control != "shuffled")
        for name, controls in suite.controls.items()
    }
    return replace(suite, controls=kept)


def _of_donors(samples: Sequence[Sample]) -> Callable[[Sample], tuple[MediaRef, ...]]:
    """Give what finds the images of a sample's donor.

    Raises:
        DataError: a sample has none.
    """
    donors, places = array("q", donors_of(samples)), KnownTexts()
    for place, sample in enumerate(samples):
        places.add(sample.id, place)

    def of_donor(sample: Sample) -> tuple[MediaRef, ...]:
        place = places.get(sample.id)
        assert place is not None, "a sample of another plan"
        return samples[donors[place]].media

    return of_donor


def _grey(sample: Sample) -> tuple[MediaRef, ...]:
    """Give a grey picture of the size of each image, as it is seen."""
    return tuple(_grey_for(ref) for ref in sample.media)


@lru_cache(maxsize=_SIZES)
def _grey_for(ref: MediaRef) -> MediaRef:
    size = ref.width, ref.height
    with suppress(DataError):  # what is damaged is told when it is to be seen
        size = upright_size(ref)
    return grey(*size)


def _refuse_silence(renderer: ControlRenderer, sample: Sample) -> None:
    """Refuse a prompt that is its image alone: without it a model would be sent nothing.

    Raises:
        ConfigError: it is one.
    """
    try:
        rendered = renderer.render(sample)
    except RenderError:
        return  # a template that fails is the run's to tell
    if not any(message.parts for message in rendered.messages):
        raise ConfigError(
            f"'{renderer.variant.name}' would send nothing: the prompt is an image alone",
            hint="leave 'blind' out of 'controls:'; shuffled and grey say the same and more",
        )
