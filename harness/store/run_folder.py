"""A run's folder under ``results/<suite>/``: everything about it, read and written atomically.

``run.json`` comes first and ``summary.json`` last: a folder with a summary is complete. With
``samples.jsonl`` and ``completions.jsonl`` beside them, a copied folder can be scored and reported
anywhere, without the store, the images or the dataset.
"""

from __future__ import annotations

import json
import os
import secrets
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from harness.errors import StoreError
from harness.fingerprint import canonical_json
from harness.records import Completion, Json, MediaRef, Sample, SampleScore

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

_Line = TypeVar("_Line")
_SCORED = "scored"
_STAMP = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCompletion:
    """A line of ``completions.jsonl``."""

    system: str
    variant: str
    sample_id: str
    completion: Completion
    draw: int = 0
    """0 for the run itself; others measure how much a prompt differs from itself."""
    record: Mapping[str, Json] = field(default_factory=dict)
    """What the completion depends on, as ``Ingredients.record`` writes it; the parts are in
    ``ingredients.jsonl``. Empty for a prediction that was made elsewhere."""


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
        stamps = [_stamp(folder.name) for folder in (results / suite).glob("*-*-*/")]
        now = max(now, *(stamp + timedelta(seconds=1) for stamp in stamps if stamp), now)
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

    @property
    def engine_log(self) -> Path:
        """Where an engine's own chatter goes."""
        return self.path / "engine.log"

    def write_run(self, record: Mapping[str, Json]) -> None:
        """Write ``run.json``: what was asked, and of what."""
        self.write_text("run.json", _pretty(record))

    def write_samples(self, samples: Iterable[Sample]) -> None:
        """Write ``samples.jsonl``: references, metadata, and where the images were."""
        lines = (
            {
                "id": sample.id,
                "references": list(sample.references),
                "cluster": sample.cluster,
                "metadata": dict(sample.metadata),
                "media": [{**asdict(ref), "path": str(ref.path)} for ref in sample.media],
            }
            for sample in samples
        )
        self._write_lines("samples.jsonl", lines)

    def write_completions(self, completions: Iterable[StoredCompletion]) -> None:
        """Write ``completions.jsonl``: a line a completion, in the order given."""
        lines = (
            {
                "system": stored.system,
                "variant": stored.variant,
                "sample_id": stored.sample_id,
                "draw": stored.draw,
                **asdict(stored.completion),
                "ingredients": dict(stored.record),
            }
            for stored in completions
        )
        self._write_lines("completions.jsonl", lines)

    @contextmanager
    def writing_parts(self) -> Iterator[Callable[[str, str], None]]:
        """Write ``ingredients.jsonl``: the parts that the completions' records name by sha256.

        Gives a function that writes a part, called with its sha256 and its canonical JSON.
        """
        with self._replacing("ingredients.jsonl") as waiting, _opened(waiting) as file:

            def write(digest: str, text: str) -> None:
                file.write(_line({"sha256": digest, "value": json.loads(text)}))

            yield write

    def write_scores(self, scores: Sequence[SampleScore]) -> None:
        """Write ``scores.parquet``: a line per system, sample and metric."""
        import pandas as pd

        names = ("system", "sample_id", "metric", "value")
        frame = pd.DataFrame({name: [getattr(s, name) for s in scores] for name in names})
        with self._replacing("scores.parquet") as waiting:
            frame.to_parquet(waiting, index=False)

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

    def write_summary(self, summary: Mapping[str, Json]) -> None:
        """Write ``summary.json``, which says that the run is complete."""
        self.write_text("summary.json", _pretty(summary))

    def run(self) -> dict[str, Any]:
        """Read ``run.json``."""
        return self._read_json("run.json")

    def summary(self) -> dict[str, Any]:
        """Read ``summary.json``.

        Raises:
            StoreError: the run is not complete.
        """
        return self._read_json("summary.json")

    def samples(self) -> list[Sample]:
        """Read the samples back, in the run's order."""
        return list(self._read_lines("samples.jsonl", _sample))

    def completions(self) -> Iterator[StoredCompletion]:
        """Read the completions back, in plan order, one after the other."""
        return self._read_lines("completions.jsonl", _completion)

    def parts(self) -> dict[str, str]:
        """Read the parts back as canonical JSON, by their sha256."""
        return dict(
            self._read_lines(
                "ingredients.jsonl", lambda line: (line["sha256"], canonical_json(line["value"]))
            )
        )

    def scores(self, samples: Collection[str]) -> list[SampleScore]:
        """Read the scores of these samples back from ``scores.parquet``."""
        import pandas as pd

        frame = pd.read_parquet(self.path / "scores.parquet")
        rows = frame[frame["sample_id"].isin(samples)].to_dict("records")
        return [SampleScore(**{str(name): value for name, value in row.items()}) for row in rows]

    def statistics(self) -> tuple[BoolArray, dict[str, FloatArray]]:
        """Read ``statistics.npz`` back.

        Raises:
            StoreError: it is not there, or damaged.
        """
        import numpy as np

        path = self.path / "statistics.npz"
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise StoreError(
                f"{path} cannot be read ({error})", hint="'harness score' on the run writes it anew"
            ) from error
        return arrays.pop(_SCORED), arrays

    def write_text(self, name: str, text: str) -> None:
        """Write a file of the run so that it is there whole or not at all.

        Raises:
            StoreError: it cannot be written.
        """
        self._write(name, [text])

    def _write_lines(self, name: str, lines: Iterable[Mapping[str, Json]]) -> None:
        self._write(name, map(_line, lines))

    def _write(self, name: str, pieces: Iterable[str]) -> None:
        with self._replacing(name) as waiting, _opened(waiting) as file:
            file.writelines(pieces)

    @contextmanager
    def _replacing(self, name: str) -> Iterator[Path]:
        """Give a path to write to, which takes the file's place once it is whole."""
        waiting = self.path / f".{name}"
        try:
            yield waiting
            waiting.replace(self.path / name)
        except OSError as error:
            raise StoreError(
                f"cannot be written: {self.path / name} ({error})",
                hint="make room and run again; finished completions are not asked for twice",
            ) from error
        finally:
            with suppress(OSError):
                waiting.unlink()  # what is half written would only fill the disk

    def _read_json(self, name: str) -> dict[str, Any]:
        path = self.path / name
        try:
            value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise StoreError(
                f"{path} is not there: the run did not finish",
                hint="run the suite again; finished completions are not asked for twice",
            ) from error
        except ValueError as error:
            raise StoreError(f"{path} is damaged ({error})") from error
        return value

    def _read_lines(self, name: str, read: Callable[[dict[str, Any]], _Line]) -> Iterator[_Line]:
        path = self.path / name
        try:
            with path.open(encoding="utf-8") as file:
                for line in file:
                    yield read(json.loads(line))
        except FileNotFoundError as error:
            raise StoreError(
                f"{path} is not there: the run did not finish",
                hint="run the suite again; finished completions are not asked for twice",
            ) from error
        except (KeyError, TypeError) as error:
            raise StoreError(
                f"{path} does not have the fields that this version reads ({error})",
                hint="run the suite again; finished completions are not asked for twice",
            ) from error
        except ValueError as error:
            raise StoreError(f"{path} is damaged ({error})") from error


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """Open a file to write text to, which is on disk at the end."""
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _line(value: Mapping[str, Json]) -> str:
    return f"{json.dumps(value, ensure_ascii=False)}\n"


def _stamp(name: str) -> datetime | None:
    """Give the time in a run's name; None where there is none."""
    try:
        return datetime.strptime(f"{name[:15]}+0000", f"{_STAMP}%z")
    except ValueError:
        return None


def _sample(line: dict[str, Any]) -> Sample:
    return Sample(
        id=line["id"],
        media=tuple(MediaRef(**{**m, "path": Path(m["path"])}) for m in line["media"]),
        references=tuple(line["references"]),
        cluster=line["cluster"],
        metadata=line["metadata"],
    )


def _completion(line: dict[str, Any]) -> StoredCompletion:
    return StoredCompletion(
        system=line.pop("system"),
        variant=line.pop("variant"),
        sample_id=line.pop("sample_id"),
        draw=line.pop("draw"),
        record=line.pop("ingredients"),
        completion=Completion(**line),
    )


def _pretty(value: Mapping[str, Json]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
