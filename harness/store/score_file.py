"""The scores of single samples ↔ ``scores.parquet``: a line per system, sample and metric."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from harness.errors import StoreError
from harness.records import SampleScore
from harness.store.agreement import SCORE_AGAIN

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

_COLUMNS = ("system", "sample_id", "metric", "value")


def write_score_file(path: Path, scores: Sequence[SampleScore]) -> None:
    """Write scores in their order.

    Raises:
        OSError: the file cannot be written.
    """
    import numpy as np
    import pyarrow
    import pyarrow.parquet

    *texts, values = (list(map(attrgetter(name), scores)) for name in _COLUMNS)
    numbers = pyarrow.py_buffer(np.array(values, dtype=np.float64))
    columns = [*map(_arrow_texts, texts)]
    columns.append(pyarrow.Array.from_buffers(pyarrow.float64(), len(values), [None, numbers]))
    table = pyarrow.Table.from_arrays(columns, names=list(_COLUMNS))
    pyarrow.parquet.write_table(table, path)


def read_score_file(path: Path, samples: Collection[str] | None = None) -> list[SampleScore]:
    """Read the scores of these samples, or of all.

    Raises:
        StoreError: it is not there, or damaged.
    """
    import pyarrow
    import pyarrow.compute
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            table = file.read(columns=list(_COLUMNS)).select(list(_COLUMNS))
        if samples is not None:
            ids = table["sample_id"].cast("large_string")
            table = table.filter(pyarrow.compute.is_in(ids, value_set=_arrow_texts(samples)))
    # An ArrowException may be none of the others.
    except (pyarrow.ArrowException, OSError, ValueError, KeyError) as error:
        fault = str(error).partition("\n")[0]
        raise StoreError(f"{path} cannot be read ({fault})", hint=SCORE_AGAIN) from error
    if not pyarrow.types.is_floating(table["value"].type):
        raise StoreError(f"{path} is damaged (its values are no numbers)", hint=SCORE_AGAIN)
    return [
        SampleScore(system=system, sample_id=sample_id, metric=metric, value=value)
        for system, sample_id, metric, value in zip(
            *(table[name].to_pylist() for name in _COLUMNS), strict=True
        )
    ]


def _arrow_texts(texts: Collection[str]) -> Any:
    """Make a column of texts; ``pyarrow.array`` would load pandas, which takes a quarter second."""
    import numpy as np
    import pyarrow

    encoded = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    buffers = [None, pyarrow.py_buffer(ends), pyarrow.py_buffer(b"".join(encoded))]
    return pyarrow.Array.from_buffers(pyarrow.large_string(), len(encoded), buffers)
