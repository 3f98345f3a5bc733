"""People's captions of COCO images → statistics of systems whose true scores are known.

Of each image the first caption is the reference, and four others are four people. Each of these
comes in four more forms: *improved* (half of the reference, half of the caption), *dropped* (words
left out at random), *wordy* (words of another caption added), and *exact* (the reference itself).
A system that gives one form or the other by the toss of a coin has any score between the two. All
of it once for captions, and once for *titles*: at most five words, none of them a function word.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from harness.metrics.bare_texts import answers_of
from harness.metrics.java import find_jar
from harness.metrics.mean import MeanOfSamples
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from harness.metrics.metric import Metric
    from harness.records import Answer

    FloatArray = NDArray[np.float64]

METRICS = ("bleu", "rouge_l", "meteor", "cider")
KINDS = ("captions", "titles")
FORMS = ("human", "improved", "dropped", "wordy", "exact")
PEOPLE = 4
IMAGES = 8_000
_DROPPED = 0.4
_FUNCTION_WORDS = frozenset(
    "a an the of on in with and is are at to by for from his her its it that this as up down over "
    "near next their some two there while into out be being has have or".split()
)


class Values(MeanOfSamples):
    """The mean of bare numbers."""

    columns = ("MEAN",)

    def values(self, answers: Sequence[Answer]) -> FloatArray:
        """Read the numbers from the answers."""
        return np.array([float(answer.text) for answer in answers])

    def signature(self) -> dict[str, str]:
        """Say nothing."""
        return {}


class Shares(Values):
    """The share of ones among zeros and ones, as of exact matches."""

    columns = ("SHARE",)
    shares = True
    bounds = (0.0, 1.0)


@lru_cache
def metric_named(name: str) -> Metric:
    """Give a caption metric; or ``values``, the mean of bare numbers; or ``shares``."""
    if name in ("values", "shares"):
        return Shares() if name == "shares" else Values()
    return create(name, ScoringTools(tokenizer="none"))


def place_of(column: str) -> tuple[str, int]:
    """Say which metric has a column, and where."""
    for name in (*METRICS, "values", "shares"):
        columns = metric_named(name).columns
        if column in columns:
            return name, columns.index(column)
    raise KeyError(column)


def bare(values: FloatArray) -> FloatArray:
    """Give numbers the form of statistics: values[...] → [..., 2]."""
    return np.stack([values, np.ones_like(values)], axis=-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Statistics of all forms of four people's captions."""

    arrays: dict[str, FloatArray]
    """"kind metric" → shape (forms, people, images, k)."""

    def rows(self, kind: str, metric: str, form: str) -> FloatArray:
        """Give the statistics of a form, shape (people, images, k)."""
        rows: FloatArray = self.arrays[f"{kind} {metric}"][FORMS.index(form)]
        return rows

    @property
    def images(self) -> int:
        """How many there are."""
        return int(next(iter(self.arrays.values())).shape[2])

    @classmethod
    def read(cls, path: Path) -> Population:
        """Read what ``made`` wrote."""
        with np.load(path) as arrays:
            return cls(arrays=dict(arrays))


def captions(images: int) -> list[list[str]]:
    """Give five captions of each image.

    They are not in the repository: SPICE's jar, inside pycocoevalcap, holds COCO's own file.
    """
    with zipfile.ZipFile(find_jar("spice/spice-1.0.jar")) as jar:
        annotations = json.loads(jar.read("coco/annotations/captions_val2014.json"))["annotations"]
    by_image: dict[int, list[str]] = {}
    for annotation in sorted(annotations, key=lambda a: (a["image_id"], a["id"])):
        by_image.setdefault(annotation["image_id"], []).append(annotation["caption"])
    chosen = list(by_image.values())[:images]
    if len(chosen) < images:
        sys.exit(f"only {len(chosen)} images have captions")
    return chosen


def title(text: str) -> str:
    """Make a title of a caption."""
    words = [w for w in re.findall(r"[a-z']+", text.lower()) if w not in _FUNCTION_WORDS]
    return " ".join(words[:5]) or "thing"


def form_of(form: str, text: str, other: str, reference: str, random: np.random.Generator) -> str:
    """Give a caption one of the forms."""
    words, others, wanted = text.split(), other.split(), reference.split()
    if form == "human":
        return text
    if form == "improved":
        return " ".join([*wanted[: (len(wanted) + 1) // 2], *words[len(words) // 2 :]])
    if form == "dropped":
        return " ".join(w for w in words if random.random() >= _DROPPED) or words[0]
    if form == "wordy":
        return " ".join([*words, *others[len(others) // 2 :]])
    return reference


def made(path: Path) -> None:
    """Score everything, and write it to a file."""
    with ScoringTools() as tools:
        np.savez(path, **scored(tools))  # type: ignore[arg-type]  # its stub lacks names


def scored(
    tools: ScoringTools, images: int = IMAGES, kinds: Sequence[str] = KINDS
) -> dict[str, FloatArray]:
    """Score all forms of so many images' captions, as ``Population.arrays``."""
    texts = captions(images)
    random = np.random.default_rng(11)
    arrays: dict[str, FloatArray] = {}
    for kind in kinds:
        to_kind: Callable[[str], str] = title if kind == "titles" else str.strip
        short = [[to_kind(text) for text in some[: PEOPLE + 1]] for some in texts]
        references = [[some[0]] for some in short]
        systems = [
            [form_of(form, some[k], some[k % PEOPLE + 1], some[0], random) for some in short]
            for form in FORMS
            for k in range(1, PEOPLE + 1)
        ]
        for name in METRICS:
            metric = create(name, tools)
            rows = [metric.statistics(answers_of(system, references)) for system in systems]
            shape = (len(FORMS), PEOPLE, images, -1)
            arrays[f"{kind} {name}"] = np.stack(rows).reshape(shape)
    return arrays
