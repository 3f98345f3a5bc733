"""A template, and what it gives for a sample."""

from pathlib import Path

import pytest

from harness.records import FilePlace, MediaRef, PromptVariant, Sample, TextPart, Where
from harness.render import Renderer


@pytest.fixture(scope="session")
def render():
    """Render a user template for a sample: its parts, a text or an image's index."""

    def run(user, *, sample_id="s1", images=1, system=None, **metadata):
        media = tuple(
            MediaRef(place=FilePlace(path=f"{i}.png"), sha256=f"{i}" * 64, width=4, height=4)
            for i in range(images)
        )
        sample = Sample(id=sample_id, media=media, references=("R",), metadata=metadata)
        variant = PromptVariant(
            name="v",
            description="",
            system=system,
            user=user,
            exemplars=None,
            postprocess=(),
            generation={},
            where={"user": Where(path=Path("v.yaml"), line=2)},
        )
        rendered = Renderer(variant).render(sample)
        return [
            part.text if isinstance(part, TextPart) else part.index
            for part in rendered.messages[-1].parts
        ]

    return run
