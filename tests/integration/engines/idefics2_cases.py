"""Pictures, prompts and requests for the tests of Idefics2."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from harness.media import probe
from harness.records import (
    Decoding,
    ImagePart,
    MediaRef,
    Message,
    ModelConfig,
    RenderedPrompt,
    Request,
    TextPart,
)

if TYPE_CHECKING:
    from pathlib import Path

SIZES = {
    "landscape.png": (300, 200),
    "portrait.png": (170, 333),
    "odd.png": (211, 127),
    "square.png": (140, 140),
    "large.png": (500, 320),  # scaled down to 350 pixels: 25 patches of 70, where vLLM's differ
    "small.png": (40, 60),
    "strip.png": (700, 90),
}
QUESTIONS = (
    "Give a recipe title describing the food in the image.",
    "What dish is this? Answer with its name.",
    "Which one has more cheese?",
)
GREEDY = Decoding(name="greedy", params={"temperature": 0, "max_tokens": 16})


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    images: tuple[str, ...] = ()
    splitting: bool = False


def said(content: str) -> str:
    colon = ":" if content.startswith("<image>") else ": "
    return f"User{colon}{content}<end_of_utterance>\nAssistant:"


SINGLE = [Case(name, said(f"<image>{QUESTIONS[0]}"), (f"{name}.png",)) for name in
          ("landscape", "portrait", "odd", "square", "large", "small", "strip")]  # fmt: skip
CASES = [
    Case("no image", said(QUESTIONS[2])),
    *SINGLE,
    *(replace(case, name=f"{case.name} split", splitting=True) for case in SINGLE[:5]),
    Case("neighbours", said(f"<image><image>{QUESTIONS[2]}"), ("landscape.png", "portrait.png")),
    Case(
        "neighbours split",
        said("<image><image>Compare the first and the second."),
        ("odd.png", "large.png"),
        splitting=True,
    ),
    Case(
        "text between",
        said("Compare the first <image> and the second<image>\npicture.<image>"),
        ("small.png", "landscape.png", "small.png"),
    ),
    Case(
        "boundaries written out",
        said("See <fake_token_around_image><image><fake_token_around_image>the picture."),
        ("odd.png",),
    ),
    Case("example first", said("<image>What?") + " Soup.\n" + said(f"<image>{QUESTIONS[1]}"),
         ("square.png", "strip.png")),
]  # fmt: skip


def again(cases: list[Case]) -> list[Case]:
    """Ask something else about a picture that was shown before."""
    return [
        replace(case, text=case.text.replace(QUESTIONS[0], QUESTIONS[1]))
        for case in cases
        if QUESTIONS[0] in case.text
    ]


def draw(folder: Path) -> None:
    """Draw pictures with something to see in every corner."""
    for number, (name, (width, height)) in enumerate(SIZES.items()):
        y, x = np.mgrid[0:height, 0:width] / 29.0
        waves = [np.sin(x * (1 + number) + c) + np.cos(y * (2 + c) - x) for c in range(3)]
        noise = np.random.default_rng(number).normal(0, 0.3, (height, width, 3))
        shades = 127 + 50 * (np.stack(waves, axis=-1) + noise)
        Image.fromarray(shades.clip(0, 255).astype(np.uint8)).save(folder / name)


def pictures(folder: Path) -> dict[str, MediaRef]:
    return {name: probe(folder / name) for name in SIZES}


def config(engine: str, checkpoint: Path, **args: object) -> ModelConfig:
    return ModelConfig(name="tiny", engine=engine, model=str(checkpoint), args=args)


def request(key: str, refs: list[MediaRef], text: str) -> Request:
    parts = (*(ImagePart(index=index) for index in range(len(refs))), TextPart(text=text))
    rendered = RenderedPrompt(
        messages=(Message(role="user", parts=parts),), media=tuple(refs), sha256=key
    )
    return Request(system="s", sample_id=key, rendered=rendered, decoding=GREEDY, key=key)


def requests(refs: dict[str, MediaRef]) -> list[Request]:
    """Ask every question about every picture and about none, and one about pairs of pictures."""
    found = list(refs.values())
    single = [
        request(f"{ref.path.stem} {number}", [ref], text)
        for ref in found
        for number, text in enumerate(QUESTIONS)
    ]
    pairs = [
        request(f"pair {number}", list(pair), QUESTIONS[2])
        for number, pair in enumerate(pairwise(found))
    ]
    return [*single, *pairs, *(request(f"none {n}", [], text) for n, text in enumerate(QUESTIONS))]
