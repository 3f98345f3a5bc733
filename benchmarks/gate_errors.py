"""How often does a gate pass what it should not: ``python benchmarks/gate_errors.py``.

Differences are drawn whose true mean is a loss of exactly the margin, of which a gate should pass
no more than 2.5 %, or 0; the project's own gate judges each data set.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

from harness.contrast import MeasuredMetric
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools
from harness.pipeline.across.gates import Gate, gate_of_pair
from harness.records import Resampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

MARGIN = 0.1
SD = 0.15
SIZES = (20, 40, 80, 200)
SHAPES = ("normal", "large gains", "large losses")
METRIC = "rouge_l"


def differences(random: np.random.Generator, shape: str, n: int) -> NDArray[np.float64]:
    """Draw what a candidate scores more than its baseline on n samples; its mean is 0."""
    if shape == "normal":
        return random.normal(0.0, SD, n)
    return (random.exponential(SD, n) - SD) * (1.0 if shape == "large gains" else -1.0)


def passed(random: np.random.Generator, shape: str, n: int, mean: float, trials: int) -> float:
    """Say how often a gate passes a candidate whose true difference is this mean."""
    tool = create(METRIC, ScoringTools(tokenizer="none"))
    count = 0
    for _ in range(trials):
        first = random.uniform(0.3, 0.7, n)
        values = np.stack([first, first + differences(random, shape, n) + mean])
        measured = MeasuredMetric(
            metric=tool,
            statistics=np.stack([values, np.ones(values.shape)], axis=-1),
            scored=np.ones(values.shape, dtype=np.bool_),
        )
        result = gate_of_pair(
            Gate(metric=tool.columns[0], margin=MARGIN),
            {METRIC: measured},
            ("old", "new"),
            ("old", "new"),
            {},
            None,
            Resampling(replicates=1_000),
        )
        count += result.passed
    return count / trials


def main() -> None:
    """Print a table of both errors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--trials", type=int, default=1_000)
    trials = parser.parse_args().trials
    random = np.random.default_rng(0)
    print(f"passed, of {trials:,} candidates that lose the margin, and of as many equal ones")
    print(f"{'differences':14}{'samples':>8}{'lose it':>10}{'equal':>10}")
    worst = 0.0
    for shape in SHAPES:
        for n in SIZES:
            lost, equal = (passed(random, shape, n, mean, trials) for mean in (-MARGIN, 0.0))
            worst = max(worst, lost)
            print(f"{shape:14}{n:8}{lost:10.3f}{equal:10.3f}")
    print(f"at most {100 * worst:.1f} % of the candidates that lose the margin pass")


if __name__ == "__main__":
    main()
