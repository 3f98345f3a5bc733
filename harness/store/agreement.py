"""The files of a run held against each other: what one says of another is true, or is refused.

Each may be whole by itself and yet be another run's, or have lost lines; then numbers would stand
beside the wrong names, or over fewer samples, without a word.
"""

from __future__ import annotations

from array import array
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from harness.records import RunRecord, RunSummary, Sample

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

SCORE_AGAIN = "'harness score' on the run writes it anew"
_RUN_AGAIN = "run the suite again; finished completions are not asked for twice"


def check_record(run: RunRecord, path: Path) -> None:
    """Refuse a ``run.json`` whose systems are none, stand twice, or have no model or variant.

    Raises:
        StoreError: it is one of these.
    """
    faults = [] if run.systems else ["it names no system"]
    if twice := _twice(system.name for system in run.systems):
        faults.append(f"the system '{twice}' stands twice")
    if run.repeats < 1:
        faults.append(f"it was repeated {run.repeats} times")
    for system in run.systems:
        if system.model not in run.models:
            faults.append(f"system '{system.name}' is of a model that is not there")
        variant = run.variants.get(system.variant)
        if variant is None:
            faults.append(f"system '{system.name}' is of a variant that is not there")
        elif system.pipeline is not None and system.pipeline not in variant.pipelines:
            faults.append(f"system '{system.name}' is of a pipeline that is not there")
        if system.draws < 1:
            faults.append(f"system '{system.name}' was drawn {system.draws} times")
    if faults:
        raise StoreError(f"{path} is damaged ({faults[0]})", hint=_RUN_AGAIN)


def check_summary(summary: RunSummary, run: RunRecord, path: Path) -> None:
    """Refuse a ``summary.json`` that is of another run, or of other systems.

    Raises:
        StoreError: it is.
    """
    if summary.run != run.id:
        raise StoreError(
            f"{path} is the summary of run '{summary.run}', not of '{run.id}'", hint=_RUN_AGAIN
        )
    names = [system.name for system in run.systems]
    told = [system.system for system in summary.systems]
    strangers = {result.system for result in summary.results} - set(names)
    if told != names or strangers:
        others = ", ".join(sorted({*strangers, *told} ^ {*names})) or "their order"
        raise StoreError(
            f"{path} and run.json do not name the same systems ({others})", hint=_RUN_AGAIN
        )


def check_samples(samples: Sequence[Sample], run: RunRecord, path: Path) -> None:
    """Refuse a ``samples.jsonl`` that has lost or gained lines.

    Raises:
        StoreError: it has.
    """
    hashes = sorted(array("q", (hash(sample.id) for sample in samples)))
    alike = any(one == other for one, other in pairwise(hashes))
    if alike and (twice := _twice(sample.id for sample in samples)):
        raise StoreError(f"{path} is damaged (sample '{twice}' stands twice)", hint=_RUN_AGAIN)
    if len(samples) != run.dataset.samples:
        raise StoreError(
            f"{path} is damaged (it holds {len(samples)} samples, the run had "
            f"{run.dataset.samples})",
            hint=_RUN_AGAIN,
        )


def check_statistics(
    scored: BoolArray, statistics: Mapping[str, FloatArray], run: RunRecord, path: Path
) -> None:
    """Refuse a ``statistics.npz`` that has not a row for each system and sample of the run.

    Raises:
        StoreError: it has not, or holds what are no numbers.
    """
    shape = (len(run.systems), run.dataset.samples)
    if scored.dtype.kind != "b" or scored.shape != shape:
        raise _no_statistics(path, f"not {shape[0]} systems by {shape[1]} samples")
    for name, matrix in statistics.items():
        if matrix.dtype.kind != "f" or matrix.ndim != 3 or matrix.shape[2] == 0:
            raise _no_statistics(path, f"'{name}' is no table of numbers")
        if matrix.shape[:2] != shape:
            raise _no_statistics(path, f"'{name}' is not {shape[0]} systems by {shape[1]} samples")


def _no_statistics(path: Path, fault: str) -> StoreError:
    return StoreError(f"{path} is damaged ({fault})", hint=SCORE_AGAIN)


def _twice(names: Iterable[str]) -> str | None:
    return next((name for name, count in Counter(names).items() if count > 1), None)
