"""Samples → what is said of those whose images cannot be decoded, as an engine would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import media
from harness.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.records import DatasetConfig, Sample

_SHOWN = 5


def undecodable(config: DatasetConfig, samples: Sequence[Sample]) -> Iterator[DataError]:
    """Decode all images; a header alone does not tell a whole file."""
    bad: list[tuple[str, str]] = []
    for sample in samples:
        for ref in sample.media:
            try:
                media.load(ref)
            except DataError as error:
                bad.append((sample.id, error.message))
    if bad:
        ids = ", ".join(name for name, _ in bad[:_SHOWN]) + (" …" if len(bad) > _SHOWN else "")
        message = f"{len(bad)} images cannot be decoded ({ids}): {bad[0][1]}"
        yield DataError(message, where=config.where)
