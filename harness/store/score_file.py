"""The scores of single samples ↔ ``scores.parquet``: a line per system, sample and metric."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from harness.errors import StoreError
from harness.records import SampleScores
from harness.store.agreement import SCORE_AGAIN

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

_COLUMNS = ("system", "sample_id", "metric", "value")


def write_score_file(path: Path, scores: Sequence[SampleScores]) -> None:
    """Write scores in their order.

    Raises:
        OSError: the file cannot be written.
    """
    import pyarrow
    import pyarrow.parquet

    nothing = SampleScores(system="", metric="", sample_ids=(), values=())
    tables = map(_table, [*scores, nothing])
    pyarrow.parquet.write_table(pyarrow.concat_tables(tables), path)


def read_score_file(path: Path, samples: Collection[str] | None = None) -> list[SampleScores]:
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
    rows = zip(*(table[name].to_pylist() for name in _COLUMNS), strict=True)
    return [
        SampleScores(
            system=system,
            metric=metric,
            sample_ids=tuple(row[1] for row in column),
            values=tuple(row[3] for row in column),
        )
        for (system, metric), group in groupby(rows, key=itemgetter(0, 2))
        for column in [list(group)]
    ]


def _table(column: SampleScores) -> Any:
    import numpy as np
    import pyarrow

    size = len(column.values)
    numbers = pyarrow.py_buffer(np.array(column.values, dtype=np.float64))
    arrays = [
        _arrow_texts([column.system] * size),
        _arrow_texts(column.sample_ids),
        _arrow_texts([column.metric] * size),
        pyarrow.Array.from_buffers(pyarrow.float64(), size, [None, numbers]),
    ]
    return pyarrow.Table.from_arrays(arrays, names=list(_COLUMNS))


def _arrow_texts(texts: Collection[str]) -> Any:
    """Make a column of texts; ``pyarrow.array`` would load pandas, which takes a quarter second."""
    import numpy as np
    import pyarrow

    encoded = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    buffers = [None, pyarrow.py_buffer(ends), pyarrow.py_buffer(b"".join(encoded))]
    return pyarrow.Array.from_buffers(pyarrow.large_string(), len(encoded), buffers)
