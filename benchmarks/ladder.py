"""What choosing the best of many equal prompts gains by chance: ``python benchmarks/ladder.py``.

Prompts of one true share of exact matches are tried in turn on the same images. Printed, for
answers that have nothing in common and for images of which some are easy for all prompts: what the
best of them seems to gain, what a table says that it would (``stats.chance_gain``, from the noise
of the first four), what the ladder shows, with one standard error as its step and as built, and how
often it then shows a prompt that is truly better by twice the smallest gain it shows. The figures
that the documentation quotes are printed last.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from harness.stats import chance_gain, smallest_shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.stats.rows import FloatArray

SHARE = 0.3
MEASURED = 4
"""Prompts of the run that prints the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gains:
    """Means over data sets, as differences to the true share."""

    plain: float
    """Of the best of the prompts."""
    said: float
    """Of what a table says of so many."""
    one_error: float
    """Of what the ladder shows with one standard error as its step."""
    ladder: float
    """Of what the ladder shows."""
    found: float
    """Share of data sets in which it then shows a prompt that is truly better."""
    better: float
    """By how much that one is."""


def one_standard_error(differences: FloatArray) -> float:
    """Give the step of Blum and Hardt."""
    return float(differences.std(ddof=1)) / math.sqrt(len(differences))


def climbed(answers: FloatArray, step: Callable[[FloatArray], float]) -> int:
    """Give the prompt that a ladder shows at last: answers[prompts, images]."""
    shown = 0
    for prompt in range(1, len(answers)):
        differences = answers[prompt] - answers[shown]
        if differences.mean() > step(differences):
            shown = prompt
    return shown


def gains(prompts: int, images: int, alike: float, sets: int, *, seed: int = 0) -> Gains:
    """Try prompts in turn on data sets drawn anew.

    Args:
        prompts: how many equal ones.
        images: of a data set.
        alike: correlation of what makes two prompts' answers to an image right.
        sets: how many data sets.
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    normal = NormalDist()
    noise = 2.0 * SHARE * (1.0 - SHARE) * (1.0 - _correlation(alike)) / images
    better = 2.0 * 1.96 * noise**0.5
    sums = np.zeros(5)
    for _ in range(sets):
        easy = alike**0.5 * random.standard_normal(images)
        hidden = easy + (1.0 - alike) ** 0.5 * random.standard_normal((prompts + 1, images))
        answers = (hidden[:-1] < normal.inv_cdf(SHARE)).astype(np.float64)
        real = (hidden[-1] < normal.inv_cdf(SHARE + better)).astype(np.float64)
        pairs = combinations(answers[:MEASURED], 2)
        variances = [float((one - other).var(ddof=1)) / images for one, other in pairs]
        shown = climbed(answers, smallest_shown)
        differences = real - answers[shown]
        scores = answers.mean(axis=1)
        sums += (
            scores.max() - SHARE,
            chance_gain(variances, prompts),
            scores[climbed(answers, one_standard_error)] - SHARE,
            scores[shown] - SHARE,
            differences.mean() > smallest_shown(differences),
        )
    plain, said, one_error, ladder, found = (sums / sets).tolist()
    return Gains(
        plain=plain, said=said, one_error=one_error, ladder=ladder, found=found, better=better
    )


def _correlation(alike: float) -> float:
    """Give the correlation of two prompts' answers, right or not, to an image; by many draws."""
    random = np.random.default_rng(1)
    easy = alike**0.5 * random.standard_normal(200_000)
    hidden = easy + (1.0 - alike) ** 0.5 * random.standard_normal((2, 200_000))
    return float(np.corrcoef(hidden < NormalDist().inv_cdf(SHARE))[0, 1])


def main() -> None:
    """Print a line for each kind of data, and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=1_000, help="data sets of each line")
    sets = parser.parse_args().sets
    print("prompts  images  alike   plain    said  1 error  ladder  better by  shown in")
    found = {}
    for prompts, images, alike in (
        (50, 200, 0.0), (50, 200, 0.5), (50, 200, 0.9), (10, 200, 0.5), (50, 1_000, 0.5),
    ):  # fmt: skip
        line = found[prompts, images, alike] = gains(prompts, images, alike, sets)
        print(
            f"{prompts:7}  {images:6}  {alike:5}  {line.plain:+.4f}  {line.said:+.4f}  "
            f"{line.one_error:+.4f}  {line.ladder:+.4f}  {line.better:+9.4f}  {line.found:8.1%}"
        )
    worst = max(abs(line.said / line.plain - 1.0) for line in found.values())
    first = found[50, 200, 0.0]
    print(f"\nwhat a table says of chance is within {worst:.0%} of what it was")
    shown, before = first.ladder / first.plain, first.one_error / first.plain
    print(
        f"50 equal prompts on 200 images: the best seems {first.plain:+.3f} better, the ladder "
        f"shows {first.ladder:+.3f}, {shown:.0%} of it (with one standard error {before:.0%}), and "
        f"a prompt that is {first.better:+.2f} better is shown in {first.found:.0%}"
    )


if __name__ == "__main__":
    main()
