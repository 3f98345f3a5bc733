"""The scores of single samples ↔ ``scores.parquet``: a line per system, sample and metric."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from harness.errors import StoreError
from harness.records import SampleScores
from harness.store.agreement import SCORE_AGAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_COLUMNS = ("system", "sample_id", "metric", "value")
_AT_ONCE = 32_768
"""Lines that are written or read together, or a few more: some MB."""
_LAID_OUT = 4_096
"""Lines that are laid out together: as lists they take a multiple of that."""


def write_score_file(path: Path, scores: Iterable[SampleScores]) -> None:
    """Write scores in their order, as they come.

    Raises:
        OSError: the file cannot be written.
    """
    import pyarrow
    import pyarrow.parquet

    nothing = SampleScores(system="", metric="", sample_ids=(), values=())
    waiting = [_table(nothing, 0, 0)]
    with pyarrow.parquet.ParquetWriter(path, waiting[0].schema) as writer:
        for column in scores:
            for start in range(0, len(column.values), _LAID_OUT):
                waiting.append(_table(column, start, start + _LAID_OUT))
                if sum(map(len, waiting)) >= _AT_ONCE:
                    writer.write_table(pyarrow.concat_tables(waiting))
                    waiting.clear()
        if waiting:
            writer.write_table(pyarrow.concat_tables(waiting))


def read_score_file(path: Path) -> list[SampleScores]:
    """Read all scores.

    Raises:
        StoreError: it is not there, or damaged.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            # Of no rows there is no batch; and an empty table made here would load pandas.
            tables = [] if file.num_row_groups else [file.read(list(_COLUMNS))]
            tables += (
                pyarrow.Table.from_batches([batch]).select(list(_COLUMNS))
                for batch in file.iter_batches(_AT_ONCE, columns=list(_COLUMNS))
            )
        table = pyarrow.concat_tables(tables)
    # An ArrowException may be none of the others.
    except (pyarrow.ArrowException, OSError, ValueError, KeyError) as error:
        fault = str(error).partition("\n")[0]
        raise StoreError(f"{path} cannot be read ({fault})", hint=SCORE_AGAIN) from error
    _check_values(path, table["value"].type)
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


def _check_values(path: Path, kind: Any) -> None:
    import pyarrow

    if not pyarrow.types.is_floating(kind):
        raise StoreError(f"{path} is damaged (its values are no numbers)", hint=SCORE_AGAIN)


def read_score_matrix(
    path: Path, systems: Sequence[str], metrics: Sequence[str], samples: Sequence[str]
) -> NDArray[np.float32]:
    """Read scores as numbers alone, batch by batch.

    Returns:
        Shape (systems, metrics, samples); NaN where there is none.

    Raises:
        StoreError: it is not there, or damaged.
    """
    import numpy as np
    import pyarrow
    import pyarrow.compute
    import pyarrow.parquet

    found = np.full((len(systems), len(metrics), len(samples)), np.nan, dtype=np.float32)
    names = {"system": systems, "metric": metrics, "sample_id": samples}
    known = {name: _arrow_texts([each.encode() for each in some]) for name, some in names.items()}
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            _check_values(path, file.schema_arrow.field("value").type)
            for batch in file.iter_batches(_AT_ONCE, columns=list(_COLUMNS)):
                places = []
                for name in names:
                    texts = batch.column(name).cast("large_string")
                    index = pyarrow.compute.index_in(texts, value_set=known[name])
                    places.append(index.fill_null(-1).to_numpy(zero_copy_only=False))
                wanted = np.all([place >= 0 for place in places], axis=0)
                values = batch.column("value").to_numpy(zero_copy_only=False)
                at = tuple(place[wanted] for place in places)
                found[at] = values[wanted].astype(np.float32)
    except (pyarrow.ArrowException, OSError, ValueError, KeyError) as error:
        fault = str(error).partition("\n")[0]
        raise StoreError(f"{path} cannot be read ({fault})", hint=SCORE_AGAIN) from error
    return found


def _table(column: SampleScores, start: int, end: int) -> Any:
    import numpy as np
    import pyarrow

    values = np.array(column.values[start:end], dtype=np.float64)
    size = len(values)
    arrays = [
        _arrow_texts([column.system.encode()] * size),
        _arrow_texts([sample_id.encode() for sample_id in column.sample_ids[start:end]]),
        _arrow_texts([column.metric.encode()] * size),
        pyarrow.Array.from_buffers(pyarrow.float64(), size, [None, pyarrow.py_buffer(values)]),
    ]
    return pyarrow.Table.from_arrays(arrays, names=list(_COLUMNS))


def _arrow_texts(encoded: Sequence[bytes]) -> Any:
    """Make a column of texts; ``pyarrow.array`` would load pandas, which takes a quarter second."""
    import numpy as np
    import pyarrow

    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    buffers = [None, pyarrow.py_buffer(ends), pyarrow.py_buffer(b"".join(encoded))]
    return pyarrow.Array.from_buffers(pyarrow.large_string(), len(encoded), buffers)
