"""How near to the truth shrunk slices lie: ``python benchmarks/pooling.py``.

Made-up slices of 5 to several hundred units, each with noise of its own, whose truths differ not at
all or by so many deviations of a unit. For each way of shrinking: mean squared error as a share of
the raw estimates', and how many intervals of ±1.96 standard errors hold the truth, of all slices
and of the one whose truth lies furthest from the middle.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

from harness.stats.pooling import dersimonian_laird, pool_slices

if TYPE_CHECKING:
    from harness.stats.rows import FloatArray

SLICES = (4, 6, 12, 30)
SPREADS = (0.0, 0.1, 0.3, 1.0)


def paule_mandel(values: FloatArray, variance: FloatArray) -> float:
    """Give the variance between slices that makes Cochran's Q what it should be (1982)."""

    def excess(between: float) -> float:
        weights = 1.0 / (variance + between)
        center = (weights * values).sum() / weights.sum()
        return float((weights * (values - center) ** 2).sum()) - (len(values) - 1)

    if excess(0.0) <= 0.0:
        return 0.0
    low, high = 0.0, float(((values - values.mean()) ** 2).sum() + variance.max())
    while excess(high) > 0.0:
        high *= 2.0
    for _ in range(50):
        middle = (low + high) / 2.0
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    return high


def simulated(slices: int, spread: float, sets: int) -> dict[str, FloatArray]:
    """Give each way's squared error, and the shares held of all and of the furthest slice."""
    random = np.random.default_rng(2024)
    sums: dict[str, FloatArray] = {}
    for _ in range(sets):
        sizes = np.maximum(5, np.exp(random.normal(3.3, 1.2, slices))).astype(int)
        truth = random.normal(0.0, spread, slices)
        deviation = np.exp(random.normal(0.0, 0.4, slices))
        values = truth + deviation * random.normal(size=slices) / np.sqrt(sizes)
        measured = deviation * np.sqrt(random.chisquare(sizes - 1) / (sizes - 1))
        errors = measured / np.sqrt(sizes)
        ways = {"raw": (values, errors)}
        for name, given, between in (
            ("Paule-Mandel", sizes, paule_mandel),
            ("own variances", None, dersimonian_laird),
            ("as built", sizes, dersimonian_laird),
        ):
            pooled = pool_slices(values, errors, given, between=between)
            ways[name] = pooled.estimates, pooled.standard_errors
        far = int(np.abs(truth - truth.mean()).argmax())
        for name, (estimates, its_errors) in ways.items():
            off = estimates - truth
            held = np.abs(off) < 1.96 * its_errors
            figures = np.array([(off**2).mean(), held.mean(), held[far]], dtype=np.float64)
            sums[name] = sums.get(name, np.zeros(3)) + figures / sets
    return sums


def main() -> None:
    """Print a line for each number of slices and each spread."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=1_000, help="data sets of each cell")
    sets = parser.parse_args().sets
    print("slices  spread  way            error ÷ raw  held %  furthest held %")
    for slices in SLICES:
        for spread in SPREADS:
            found = simulated(slices, spread, sets)
            for name, (error, held, furthest) in found.items():
                share = error / found["raw"][0]
                print(
                    f"{slices:6}  {spread:6}  {name:13}  {share:11.3f}  {100 * held:6.1f}"
                    f"  {100 * furthest:15.1f}"
                )


if __name__ == "__main__":
    main()
