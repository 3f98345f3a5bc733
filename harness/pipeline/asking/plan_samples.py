"""A suite's dataset and a variant's exemplars → samples, with what to do where there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.config.load import find_dataset
from harness.dataset.samples import load_samples
from harness.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.dataset.samples import LoadedDataset
    from harness.records import DatasetConfig, PromptVariant, Sample, Suite


def exemplars_of(
    variant: PromptVariant, suite: Suite, hash_file: Callable[[Path], str]
) -> tuple[Sample, ...]:
    """Load the samples that a variant shows as worked examples.

    Raises:
        HarnessError: its place is the variant where that asks for what is not there, and the
            dataset's file where the data are wrong.
    """
    if variant.exemplars is None or not variant.exemplars.ids:
        return ()
    asked = variant.where.get("exemplars")
    config = find_dataset(variant.exemplars.dataset, suite.folder, asked=asked)
    try:
        return samples_of(config, hash_file, ids=variant.exemplars.ids).samples
    except DataError as error:
        samples_of(config, hash_file, limit=1)  # raises where the dataset itself is wrong
        error.where = asked
        raise


def samples_of(
    config: DatasetConfig,
    hash_file: Callable[[Path], str],
    *,
    limit: int | None = None,
    ids: Sequence[str] | None = None,
    images: bool = True,
) -> LoadedDataset:
    """Load samples; of data that are no part of the project say how they are got.

    Raises:
        DataError: they are not there, or cannot be used.
    """
    if config.obtain and not config.path.exists():
        message = f"no such file: {config.path}"
        raise DataError(message, where=config.where, hint=config.obtain)
    return load_samples(config, limit=limit, ids=ids, images=images, hash_file=hash_file)
