"""A dataset's description → samples, with what to do where there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import media
from harness.dataset.presence import is_here
from harness.dataset.samples import load_samples
from harness.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.dataset.samples import LoadedDataset
    from harness.dataset.sources.seen_files import SeenFiles
    from harness.records import DatasetConfig, MediaRef, Place


def samples_of(
    config: DatasetConfig,
    probe: Callable[[Place], MediaRef],
    *,
    split: str | None = None,
    limit: int | None = None,
    ids: Sequence[str] | None = None,
    images: bool = True,
    unsealed: bool = False,
    look: Callable[[MediaRef], str] = media.look,
    unsuitable: Callable[[MediaRef], str | None] | None = None,
    seen: SeenFiles | None = None,
) -> LoadedDataset:
    """Load samples; of data that are no part of the project say how they are got.

    Args are those of ``load_samples``.

    Raises:
        DataError: they are not there, or cannot be used.
    """
    if config.obtain and not is_here(config):
        message = f"no such file: {config.path}"
        raise DataError(message, where=config.where, hint=config.obtain)
    return load_samples(
        config,
        split=split,
        limit=limit,
        ids=ids,
        images=images,
        unsealed=unsealed,
        probe=probe,
        look=look,
        unsuitable=unsuitable,
        seen=seen,
    )


def all_ids(
    config: DatasetConfig, split: str | None, probe: Callable[[Place], MediaRef]
) -> set[str]:
    """Give the ids of all that a dataset has in a split, whose images need not be there."""
    no_look = "".format  # of all pictures it would take long, and tells nothing of their ids
    return ids_of(load_samples(config, split=split, images=False, probe=probe, look=no_look))


def ids_of(dataset: LoadedDataset) -> set[str]:
    """Give the ids of a dataset, with those of rows that are left out."""
    return {sample.id for sample in dataset.samples} | {row.id for row in dataset.dropped}
