"""Whether the data that a description names are on this machine; nothing of them is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.dataset.row_reader import table_file
from harness.dataset.sources.table import OF_SEVERAL
from harness.dataset.sources.tar_shards import shards_of
from harness.errors import DataError

if TYPE_CHECKING:
    from harness.records import DatasetConfig


def is_here(config: DatasetConfig) -> bool:
    """Tell whether all files are there that a dataset's path means."""
    if config.revision is not None or config.url is not None:
        return True  # who has them says what is wrong
    if config.format not in OF_SEVERAL:
        return config.path.exists()
    try:
        shards_of(table_file(config))
    except DataError:
        return False
    return True
