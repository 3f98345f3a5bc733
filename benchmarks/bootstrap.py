"""How long 10,000 bootstrap replicates take: ``python benchmarks/bootstrap.py``.

Six systems on 5,000 made-up titles, for BLEU (ten statistics a sample), ROUGE-L and CIDEr (two):
from sufficient statistics, against computing the metric again on each resampled corpus. The second
is timed for 20 replicates of one system each, in the same run, and extrapolated to all. Tokens are
taken as given on both sides, which spares the second the costliest part of a real recomputation.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from harness.metrics.bare_texts import answers_of
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools
from harness.stats import bootstrap, compare, estimate, resample_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.metrics.metric import Metric

SYSTEMS = 6
REPLICATES = 10_000
RECOMPUTED = 20


def titles(samples: int) -> tuple[list[str], list[list[str]]]:
    """Make references of 3 to 8 words, and what each system makes of them: more and more wrong."""
    random = np.random.default_rng(2024)
    # Few words are frequent and many are rare, as in text (Zipf).
    chances = 1.0 / np.arange(1, 3_001)
    chances /= chances.sum()
    words = np.array([f"word{i}" for i in range(3_000)])
    references = [
        random.choice(words, random.integers(3, 9), p=chances).tolist() for _ in range(samples)
    ]
    systems = []
    for system in range(SYSTEMS):
        answers = []
        for reference in references:
            wrong = random.random(len(reference)) < 0.35 + 0.02 * system
            other = random.choice(words, len(reference), p=chances)
            answers.append(" ".join(np.where(wrong, other, reference)))
        systems.append(answers)
    return [" ".join(reference) for reference in references], systems


def timed(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Give the shortest and the median wall time in seconds."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), statistics.median(seconds)


def recomputed(metric: Metric, references: list[str], systems: list[list[str]]) -> float:
    """Give the seconds of a replicate of one system, computed from its texts."""
    (weights,) = resample_weights(len(references), RECOMPUTED)
    start = time.perf_counter()
    for index, times in enumerate(weights.astype(np.intp)):
        drawn = np.repeat(np.arange(len(references)), times).tolist()
        answers = systems[index % SYSTEMS]
        rows = metric.statistics(
            answers_of([answers[i] for i in drawn], [[references[i]] for i in drawn])
        )
        metric.aggregate(rows.sum(axis=0))
    return (time.perf_counter() - start) / RECOMPUTED


def main() -> None:
    """Time, and print the figures last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=5_000)
    arguments = parser.parse_args()
    references, systems = titles(arguments.samples)
    tools = ScoringTools(tokenizer="none")
    lines = []
    for name in ("bleu", "rouge_l", "cider"):
        metric = create(name, tools)
        rows = np.stack(
            [
                metric.statistics(answers_of(answers, [[text] for text in references]))
                for answers in systems
            ]
        )
        best, median = timed(partial(bootstrap, rows, metric.aggregate), 5)
        intervals, _ = timed(partial(estimate, rows, metric.aggregate), 3)
        pairs, _ = timed(partial(compare, rows, metric.aggregate), 3)
        again = recomputed(metric, references, systems) * SYSTEMS * REPLICATES
        lines.append(
            f"{name:8} bootstrap {best:.2f} s (median {median:.2f}) · with intervals "
            f"{intervals:.2f} s · 15 pairs with intervals and p-values {pairs:.2f} s · "
            f"recomputed {again:,.0f} s: {again / median:,.0f} times as long"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{SYSTEMS} systems × {arguments.samples:,} samples, {REPLICATES:,} replicates")
    print("\n".join(lines))
    print(f"peak memory {peak:,.0f} MB")


if __name__ == "__main__":
    main()
