"""A run's folder under ``results/<suite>/``: everything about it, read and written atomically.

``run.json`` comes first and ``summary.json`` last: a folder with a summary is complete. With
``samples.jsonl`` and ``completions.jsonl`` beside them, a copied folder can be scored and reported
anywhere, without the store, the images or the dataset.
"""

from __future__ import annotations

import os
import secrets
import zipfile
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from harness.errors import StoreError
from harness.packed import packed_if_many
from harness.store.agreement import (
    SCORE_AGAIN,
    check_record,
    check_samples,
    check_statistics,
    check_summary,
)
from harness.store.line_files import FileLine, read_lines
from harness.store.migrations import family_up_to_date
from harness.store.run_files import (
    completion_line,
    completion_of,
    part_line,
    read_completion,
    read_part,
    read_run,
    read_sample,
    read_summary,
    run_text,
    sample_line,
    summary_text,
)
from harness.store.score_file import read_score_file, read_score_matrix, write_score_file

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from harness.records import RunRecord, RunSummary, Sample, SampleScores, StoredCompletion

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

_Line = TypeVar("_Line")
_SCORED = "scored"
COMPLETIONS = "completions.jsonl"
_STAMP = "%Y%m%d-%H%M%S"
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class RunFolder:
    """One run on disk.

    Args:
        path: the folder, which exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, results: Path, suite: str) -> RunFolder:
        """Make the folder of a new run, named by the time and a few random letters.

        A new run's name sorts behind those of all others, even after the clock was put back.

        Raises:
            StoreError: it cannot be made.
        """
        now = datetime.now(UTC).replace(microsecond=0)
        stamps = (_stamp(folder.name) for folder in (results / suite).glob("*-*-*/"))
        now = max([now, *(_after(stamp) for stamp in stamps if stamp)])
        path = results / suite / f"{now:{_STAMP}}-{secrets.token_hex(3)}"
        try:
            path.mkdir(parents=True)
        except OSError as error:
            raise StoreError(
                f"the run's folder cannot be made: {error}", hint="name another with --out"
            ) from error
        return cls(path)

    @classmethod
    def find(cls, path: Path) -> RunFolder:
        """Open a finished or unfinished run; a suite's results folder stands for its newest run.

        Raises:
            StoreError: there is no run there.
        """
        if (path / "run.json").is_file():
            return cls(path)
        for newest in cls.all(path):
            return newest
        raise StoreError(
            f"no run in {path}", hint="a run is a folder under results/<suite>/ with a run.json"
        )

    @classmethod
    def all(cls, suite_results: Path) -> list[RunFolder]:
        """List the runs of a suite, finished or not, the newest first."""
        runs = sorted((child.parent for child in suite_results.glob("*/run.json")), reverse=True)
        return [cls(path) for path in runs]

    @property
    def complete(self) -> bool:
        """Whether the run was scored to its end."""
        return (self.path / "summary.json").is_file()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from rewriting the run meanwhile; where there are locks.

        Raises:
            StoreError: the folder cannot be written.
        """
        if fcntl is None:
            yield
            return
        try:
            file = (self.path / ".lock").open("ab")
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            raise StoreError(f"{self.path} cannot be locked ({error})") from error
        with file:
            yield

    @property
    def engine_log(self) -> Path:
        """Where an engine's own chatter goes."""
        return self.path / "engine.log"

    def write_run(self, record: RunRecord) -> None:
        """Write ``run.json``: what was asked, and of what."""
        self.write_text("run.json", run_text(record))

    def write_samples(self, samples: Iterable[Sample]) -> None:
        """Write ``samples.jsonl``: references, metadata, and where the images were."""
        self._write("samples.jsonl", map(sample_line, samples))

    def write_completions(self, completions: Iterable[StoredCompletion]) -> None:
        """Write ``completions.jsonl``: a line a completion, in the order given."""
        self._write(COMPLETIONS, map(completion_line, completions))

    @contextmanager
    def writing_parts(self) -> Iterator[Callable[[str, str], None]]:
        """Write ``ingredients.jsonl``: the parts that the completions' records name by sha256.

        Gives a function that writes a part, called with its sha256 and its canonical JSON.
        """
        with self._replacing("ingredients.jsonl") as waiting, _opened(waiting) as file:

            def write(digest: str, text: str) -> None:
                file.write(part_line(digest, text))

            yield write

    def write_scores(self, scores: Iterable[SampleScores]) -> None:
        """Write ``scores.parquet``: a line per system, sample and metric."""
        with self._replacing("scores.parquet") as waiting:
            write_score_file(waiting, scores)

    def write_statistics(self, scored: BoolArray, statistics: Mapping[str, FloatArray]) -> None:
        """Write ``statistics.npz``: what every score of the run is a function of.

        Args:
            scored: which samples a system has a prediction for, shape (systems, samples).
            statistics: metric family → shape (systems, samples, k).
        """
        import numpy as np

        arrays: dict[str, Any] = {_SCORED: scored, **statistics}
        with self._replacing("statistics.npz") as waiting:
            np.savez_compressed(waiting, **arrays)

    def write_summary(self, summary: RunSummary) -> None:
        """Write ``summary.json``, which says that the run is complete."""
        self.write_text("summary.json", summary_text(summary))

    def run(self) -> RunRecord:
        """Read ``run.json``.

        Raises:
            StoreError: it is not there, damaged, or of a newer version.
        """
        path = self.path / "run.json"
        run = read_run(self._text(path.name), path)
        check_record(run, path)
        return run

    def summary(self) -> RunSummary:
        """Read ``summary.json``.

        Raises:
            StoreError: the run is not complete, or the file is damaged, of another run or of a
                newer version.
        """
        path = self.path / "summary.json"
        text, run = self._text(path.name), self.run()
        summary = read_summary(text, path, run.metrics)
        check_summary(summary, run, path)
        return summary

    def samples(self) -> Sequence[Sample]:
        """Read the samples back, in the run's order; many are packed.

        Raises:
            StoreError: they are not there, damaged, or not those of the run.
        """
        samples = packed_if_many(self._lines("samples.jsonl", read_sample))
        check_samples(samples, self.run(), self.path / "samples.jsonl")
        return samples

    def completions(self) -> Iterator[StoredCompletion]:
        """Read the completions back, in plan order, one after the other."""
        return self._lines(COMPLETIONS, read_completion)

    def completion_lines(self) -> Iterator[FileLine[StoredCompletion]]:
        """Read the completions as ``completions`` does; a damaged line is told, the rest goes on.

        Raises:
            StoreError: they are not there, or cannot be read.
        """
        path = self.path / COMPLETIONS
        for number, value, fault in read_lines(path):
            try:
                made = None if value is None else completion_of(value, path)
            except StoreError as error:
                yield FileLine(number, None, error.message.removeprefix(f"{path} "))
            else:
                yield FileLine(number, made, fault)

    def parts(self, wanted: Collection[str] | None = None) -> dict[str, str]:
        """Read these parts, or all, back as canonical JSON, by their sha256."""
        lines = self._lines("ingredients.jsonl", read_part)
        if wanted is None:
            return dict(lines)
        some = (line for line in lines if line[0] in wanted)
        return dict(islice(some, len(wanted)))

    def scores(self) -> list[SampleScores]:
        """Read the scores back from ``scores.parquet``.

        Raises:
            StoreError: it is not there, or damaged.
        """
        path = self.path / "scores.parquet"
        _check_file(path)
        return read_score_file(path)

    def score_matrix(
        self, systems: Sequence[str], metrics: Sequence[str], samples: Sequence[str]
    ) -> NDArray[np.float32]:
        """Read scores of some samples as numbers; see ``read_score_matrix``.

        Raises:
            StoreError: they are not there, or damaged.
        """
        path = self.path / "scores.parquet"
        _check_file(path)
        return read_score_matrix(path, systems, metrics, samples)

    def statistics(self) -> tuple[BoolArray, dict[str, FloatArray]]:
        """Read ``statistics.npz`` back.

        Raises:
            StoreError: it is not there, damaged, or not of this run's systems and samples.
        """
        import numpy as np

        path = self.path / "statistics.npz"
        _check_file(path)
        try:
            with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            scored = arrays.pop(_SCORED)
            statistics = {family_up_to_date(name): array for name, array in arrays.items()}
        # TypeError: a file of one array is none of several.
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise StoreError(f"{path} cannot be read ({error})", hint=SCORE_AGAIN) from error
        check_statistics(scored, statistics, self.run(), path)
        return scored, statistics

    def write_text(self, name: str, text: str) -> None:
        """Write a file of the run so that it is there whole or not at all.

        Args:
            name: of the file; it may stand in a folder of the run's, which exists.
            text: what it holds.

        Raises:
            StoreError: it cannot be written.
        """
        self._write(name, [text])

    def _write(self, name: str, pieces: Iterable[str]) -> None:
        with self._replacing(name) as waiting, _opened(waiting) as file:
            file.writelines(pieces)

    @contextmanager
    def _replacing(self, name: str) -> Iterator[Path]:
        """Give a path to write to, which takes the file's place once it is whole."""
        file = self.path / name
        waiting = file.with_name(f".{file.name}")
        try:
            yield waiting
            waiting.replace(file)
        except OSError as error:
            raise StoreError(
                f"cannot be written: {self.path / name} ({error})",
                hint="make room and run again; finished completions are not asked for twice",
            ) from error
        finally:
            with suppress(OSError):
                waiting.unlink()  # what is half written would only fill the disk

    def _text(self, name: str) -> str:
        path = self.path / name
        _check_file(path)
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise _not_finished(path) from error
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{path} cannot be read ({error})") from error

    def _lines(self, name: str, read: Callable[[str, Path], _Line]) -> Iterator[_Line]:
        path = self.path / name
        _check_file(path)
        try:
            with path.open(encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    try:
                        value = read(line, path)
                    except StoreError as error:
                        told = error.message.replace(str(path), f"{path}:{number}", 1)
                        raise StoreError(told, hint=error.hint) from error
                    yield value
        except FileNotFoundError as error:
            raise _not_finished(path) from error
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{path} cannot be read ({error})") from error


def _check_file(path: Path) -> None:
    """Refuse what is there and no file: a pipe would be waited for, a device read without end."""
    if path.exists() and not path.is_file():
        raise StoreError(f"{path} cannot be read (it is no file)")


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """Open a file to write text to, which is on disk at the end."""
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _not_finished(path: Path) -> StoreError:
    if (path.parent / "summary.json").is_file():
        return StoreError(
            f"{path} is not there, though the run finished",
            hint="was it copied whole? Run the suite again; completions are not asked for twice",
        )
    return StoreError(
        f"{path} is not there: the run did not finish",
        hint="run the suite again; finished completions are not asked for twice",
    )


def _after(stamp: datetime) -> datetime:
    """Give the next second; there is none behind the last that a name can hold."""
    return min(stamp, _LAST - timedelta(seconds=1)) + timedelta(seconds=1)


def _stamp(name: str) -> datetime | None:
    """Give the time in a run's name; None where there is none."""
    try:
        return datetime.strptime(f"{name[:15]}+0000", f"{_STAMP}%z")
    except (ValueError, OverflowError):
        return None
