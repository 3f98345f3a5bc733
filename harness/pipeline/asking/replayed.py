"""A file of predictions + samples → systems that a plan can hold beside those of real models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.config.pipelines import pipelines_of
from harness.dataset.predictions import read_predictions
from harness.errors import ConfigError, ConfigErrors
from harness.fingerprint import sha256_json
from harness.pipeline.asking.piping import piped
from harness.records import Decoding, Message, PromptVariant, RenderedPrompt, System, TextPart
from harness.render import prompt_content

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from harness.dataset.predictions import PredictionFile
    from harness.records import ModelConfig, Sample

_AS_GIVEN = Decoding(name="as given", params={})


class ReplayRenderer:
    """Renders one system of a file: a sample's prediction as the assistant's turn.

    Args:
        variant: under whose name the system stands, with the steps for its texts.
        texts: sample id → prediction; a sample that is not there has none.
    """

    def __init__(self, variant: PromptVariant, texts: Mapping[str, str]) -> None:
        self.variant = variant
        self._texts = texts

    def render(self, sample: Sample) -> RenderedPrompt:
        """Give the assistant's turn alone; without a prediction, no turn at all."""
        text = self._texts.get(sample.id)
        messages = (
            () if text is None else (Message(role="assistant", parts=(TextPart(text=text),)),)
        )
        return RenderedPrompt(
            messages=messages, media=(), sha256=sha256_json(prompt_content(messages, ()))
        )


def replayed(
    model: ModelConfig,
    ids: Collection[str],
    variants: Collection[str],
    every: Callable[[], Collection[str]] | None = None,
) -> tuple[list[tuple[System, ReplayRenderer]], PredictionFile]:
    """Read the systems of a file.

    Args:
        model: its ``model`` is the file.
        ids: of the dataset's samples.
        variants: names that are taken.
        every: see ``read_predictions``.

    Returns:
        The systems with their texts, and the file with what did not fit and what is to be said.

    Raises:
        DataError: the file cannot be used.
        ConfigErrors: a system has the name of a variant.
    """
    path = Path(model.model)
    file = read_predictions(path, ids, every)
    steps, pipelines = pipelines_of(model.args.get("postprocess"))
    systems = []
    for name, texts in file.texts.items():
        if name in variants:
            problem = f"{path.name}: system '{name}' has the name of a variant or of another system"
            raise ConfigErrors([ConfigError(problem, hint="rename it in the file")])
        variant = PromptVariant(
            name=name,
            description=f"predictions of {path.name}",
            system=None,
            user="",
            exemplars=None,
            postprocess=steps,
            pipelines=pipelines,
            generation={},
            where={},
        )
        system = System(name=name, model=model.name, variant=name, decoding=_AS_GIVEN)
        renderer = ReplayRenderer(variant, texts)
        systems += [(each, renderer) for each in piped(system, variant)]
    return systems, file
