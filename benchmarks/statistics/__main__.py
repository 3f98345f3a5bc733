"""Do the statistics hold what they claim: ``python benchmarks/statistics [--only scores ...]``.

Data sets are drawn from populations whose truth is known (people's captions of 8,000 COCO images,
the same as titles, numbers, shares, clusters), and the project's own functions say of each what
they would say of a run. Printed: how often intervals hold the truth, how often equal systems are
told apart, how often a difference as large as the margin passes for less, and how often a
difference that should be seen is. The last lines name the worst cell of each kind.

A folder, and no module, for a module ``statistics`` beside other scripts would hide Python's own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import compared
import populations
import scores_alone
from measuring import measured
from tables import TITLES, contradictions, tables, worst

if TYPE_CHECKING:
    from tables import Results


def main() -> None:
    """Measure all cells, and print tables and then the worst cells."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sets", type=int, default=1000, help="data sets of each cell")
    parser.add_argument("--only", nargs="+", choices=TITLES, default=list(TITLES))
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--population", type=Path, help="a file to keep the populations in")
    options = parser.parse_args()
    # A worker a core: threads of its own would only wait for each other. Read by NumPy's library
    # when a worker starts.
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    cells = [c for c in (*scores_alone.cells(), *compared.cells()) if c.part in options.only]
    results: Results = {}
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = options.population or Path(folder) / "populations.npz"
        if not path.exists():
            populations.made(path)
        longest = sorted(cells, key=lambda cell: -cell.cost)
        work = partial(measured, path=path, sets=options.sets)
        with multiprocessing.get_context("spawn").Pool(options.workers) as pool:
            for key, tally, seconds in pool.imap_unordered(work, longest):
                results[key] = tally
                print(f"{len(results)}/{len(cells)} {seconds:.0f} s {key}", file=sys.stderr)
    for part in options.only:
        for line in tables(part, [c for c in cells if c.part == part], results):
            print(line)
    minutes = (time.perf_counter() - start) / 60
    print(f"\n{len(cells)} cells of {options.sets:,} data sets, {minutes:.0f} minutes\n")
    for part in options.only:
        print(worst(part, results))
    wrong, pairs = contradictions(results)
    print(f"interval, p-value, verdict and sentence disagree in {wrong} of {pairs:,} comparisons")


if __name__ == "__main__":
    main()
