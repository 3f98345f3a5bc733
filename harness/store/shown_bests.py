"""The bests that a ladder has shown, and the statistics of the last, to compare a new one with.

The statistics stand in ``results/<dataset>.bests/``, a file each best, since the folder of its run
may be deleted; the line in the file of looks that names a file is written after it.
"""

from __future__ import annotations

import os
import zipfile
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from harness.errors import StoreError
from harness.records import ShownBest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from harness.store.looks import LooksFile

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]


class ShownBests:
    """What was shown of one metric on the same samples; no other process adds to it meanwhile.

    Args:
        looks: the file that names them.
        folder: of their statistics.
        bests: in the order in which they were shown.
    """

    def __init__(self, looks: LooksFile, folder: Path, bests: list[ShownBest]) -> None:
        self.bests = bests
        self._looks = looks
        self._folder = folder

    def statistics(self) -> tuple[FloatArray, BoolArray] | None:
        """Give the statistics of the last, shape (samples, k), and which samples it was scored on.

        None where they are not there any more.
        """
        import numpy as np

        try:
            with np.load(self._folder / self.bests[-1].statistics, allow_pickle=False) as file:
                return file["statistics"], file["scored"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def add(self, best: ShownBest, statistics: FloatArray, scored: BoolArray) -> None:
        """Keep a new best.

        Raises:
            StoreError: it cannot be written.
        """
        import numpy as np

        path = self._folder / best.statistics
        waiting = path.with_name(f".{path.name}")
        try:
            self._folder.mkdir(exist_ok=True)
            with waiting.open("wb") as file:
                np.savez_compressed(file, statistics=statistics, scored=scored)
                file.flush()
                os.fsync(file.fileno())
            waiting.replace(path)
        except OSError as error:
            raise StoreError(f"the best shown cannot be kept: {path} ({error})") from error
        self._looks.append(best)
        for older in self.bests:
            with suppress(OSError):
                (self._folder / older.statistics).unlink(missing_ok=True)
        self.bests.append(best)


@contextmanager
def shown_bests(looks: LooksFile, split: str, track: str) -> Iterator[ShownBests]:
    """Give what a ladder has shown of a split on a track, to add to it.

    Raises:
        StoreError: it cannot be read or written.
    """
    with looks.adding():
        bests = [
            line
            for line in looks.lines()
            if isinstance(line, ShownBest) and (line.split, line.track) == (split, track)
        ]
        yield ShownBests(looks, looks.path.with_name(f"{looks.dataset}.bests"), bests)
