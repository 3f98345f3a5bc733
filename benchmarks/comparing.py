"""How long comparing 14 systems takes: ``python benchmarks/comparing.py [--samples 13500]``.

Statistics of people's captions of COCO images, scored by all default metrics and repeated to so
many samples; which person a system is, is drawn for each sample. Timed, each in a process of its
own: comparing every pair on every column with intervals and p-values, and the intervals of all
scores. Once with every sample answered by all; once with one failed sample in each of six systems,
and once in each of all, so that hardly two pairs have the same samples.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from scoring import captions

from harness import stats
from harness.contrast import MeasuredMetric, contrast
from harness.metrics.bare_texts import answers_of
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools

METRICS = ("bleu", "rouge_l", "meteor", "cider")
SYSTEMS = 14
PEOPLE = 4
IMAGES = 2_000
FAILING = (0, 6, SYSTEMS)


def scored(path: Path) -> None:
    """Score four people's captions by each metric, and write the statistics to a file."""
    references, people = captions(IMAGES)
    lists = [[text] for text in references]
    with ScoringTools() as tools:
        rows = {
            name: np.stack(
                [
                    create(name, tools).statistics(answers_of(person, lists))
                    for person in people[:PEOPLE]
                ]
            )
            for name in METRICS
        }
    np.savez(path, **rows)  # type: ignore[arg-type]  # its stub lacks names


def timed(path: Path, samples: int, failing: int) -> dict[str, float]:
    """Compare and estimate; seconds of wall and CPU time, and peaks of memory in MB."""
    random = np.random.default_rng(0)
    images = random.integers(0, IMAGES, samples)
    people = random.integers(0, PEOPLE, (SYSTEMS, samples))
    answered = np.ones((SYSTEMS, samples), dtype=bool)
    answered[range(failing), range(failing)] = False
    tools = ScoringTools(tokenizer="none")
    with np.load(path) as rows:
        measured = [
            MeasuredMetric(
                metric=create(name, tools), statistics=rows[name][people, images], scored=answered
            )
            for name in METRICS
        ]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter(), time.process_time()
    columns = contrast(measured, [str(i) for i in range(SYSTEMS)])
    figures = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "comparisons": float(sum(len(column.pairs) for column in columns)),
    }
    wall = time.perf_counter()
    for one in measured:
        for system in range(SYSTEMS):
            stats.estimate(
                one.statistics[system, answered[system]],
                one.metric.aggregate,
                contrasted=one.metric.contrasted,
            )
    figures["intervals"] = time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**figures, "before": before, "peak": peak}


def run(path: Path, samples: int, failing: int) -> Any:
    """Measure a case in a process of its own."""
    case = [f"--samples={samples}", f"--failing={failing}", f"--statistics={path}"]
    done = subprocess.run(
        [sys.executable, __file__, *case], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure the three cases, and print the figures last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=13_500)
    parser.add_argument("--repeats", type=int, default=3, help="the quickest counts")
    parser.add_argument("--failing", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--statistics", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.statistics:
        print(json.dumps(timed(options.statistics, options.samples, options.failing)))
        return
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statistics.npz"
        scored(path)
        # In turns, so that the machine's other work meets all cases alike.
        rounds = [
            [run(path, options.samples, failing) for failing in FAILING]
            for _ in range(options.repeats)
        ]
    for case, failing in enumerate(FAILING):
        own = min((cases[case] for cases in rounds), key=lambda figures: figures["wall"])
        whole = min((cases[0] for cases in rounds), key=lambda figures: figures["wall"])
        lines.append(
            f"| {failing} | {own['comparisons']:.0f} | {own['wall']:.1f} | {own['cpu']:.1f} "
            f"| {own['wall'] / whole['wall']:.1f} | {own['intervals']:.1f} "
            f"| {own['peak']:.0f} ({own['before']:.0f}) |"
        )
    print(f"{SYSTEMS} systems × {options.samples:,} samples, {stats.EXCHANGES:,} exchanges\n")
    print("| systems with a failed sample | comparisons | wall, s | CPU, s | ratio ", end="")
    print("| intervals of scores, s | peak memory, MB (before) |\n|---|---|---|---|---|---|---|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
