"""A file of rows → its rows, one after another, each with its place and its cells as they stand.

A format is one of ``SOURCES``, or one that an installed package adds (``harness.additions``).

What a cell means is not known here: nothing is guessed, and what a file cannot have meant is
refused with the file, the line and the key of ``source:`` that tells how to read it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from typing import IO, TYPE_CHECKING, Protocol, TypeAlias, Union, cast

from harness.additions import Addition, additions
from harness.dataset.sources.seen_files import SeenFiles
from harness.errors import DataError, HarnessError
from harness.media import open_remote
from harness.nearest import nearest
from harness.records import Place, Where

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from pathlib import Path

SOURCES = {
    "csv": "harness.dataset.sources.delimited",
    "tsv": "harness.dataset.sources.delimited",
    "jsonl": "harness.dataset.sources.json_lines",
    "parquet": "harness.dataset.sources.parquet",
    "coco": "harness.dataset.sources.coco",
    "folder": "harness.dataset.sources.image_folder",
    "webdataset": "harness.dataset.sources.tar_shards",
    "hf": "harness.dataset.sources.hugging_face",
}
"""Format → the module that reads it."""


WITHOUT_LINES = frozenset({"parquet", "coco", "folder", "webdataset", "hf"})
"""Formats whose rows are counted, because they stand on no line."""
TEXTS = frozenset({"csv", "tsv"})
"""Formats whose cells are all text, so that none is null."""
OF_FOLDERS = frozenset({"folder", "hf"})
"""Formats that are read from a folder, not from a file."""
OF_SEVERAL = frozenset({"webdataset"})
"""Formats whose path may mean several files, and that say themselves which are missing."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a file, with the text that stands there for it."""

    value: int | float
    """Infinity where the file says so; never NaN, which files write where nothing is."""
    text: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell whose value JSON cannot hold."""

    reason: str
    """What it holds: bytes, a duration …"""


HALF_A_CHARACTER = Unreadable("half a character (a lone surrogate)")
"""What escapes of JSON can write and no file, path or request can hold."""

Cell: TypeAlias = Union[str, Number, bool, Unreadable, Place, "list[Cell]", "dict[str, Cell]", None]
"""What stands in a cell; None where nothing stands. CSV and TSV know text alone. A picture is
known by its Place; its bytes are read only where an image column asks for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row with the columns that were asked for."""

    number: int
    """1-based: the line of a text file on which it begins, else its place among the rows."""
    cells: Mapping[str, Cell]
    fault: tuple[str, str] | None = None
    """Why it can be no sample, where its format knows: a word of UNUSABLE, and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """A file of rows and how it is to be read."""

    path: Path
    format: str
    """A key of SOURCES."""
    url: str | None = None
    """Where it is, if not on this machine; ``path`` is then its name."""
    delimiter: str | None = None
    """Between cells; None: a comma for csv, a tab for tsv."""
    encoding: str = "utf-8"
    """Of a text file; a byte order mark may stand before utf-8."""
    quoting: str | None = None
    """double: cells may stand in quotation marks. none: quotation marks are text. None: as double,
    but a quoted cell whose lines look like rows is refused."""
    title_from: str | None = None
    """What of an image's name is its title: see image_folder."""
    split: str | None = None
    """Of a dataset of Hugging Face."""
    revision: str | None = None
    """The commit of one on the Hub, where ``path`` is its id; None: it is a file or a folder."""
    config: str | None = None
    """Which of its configurations; None: its default."""
    named_at: Where | None = None
    """The ``source:`` that names it; None for a file that no YAML names."""
    path_at: Where | None = None
    columns_at: Mapping[str, Where] = field(default_factory=dict)
    """Column → where the YAML names it."""
    say: Callable[[str], None] = lambda _: None
    """Told in a sentence what of the file became no row, with its count."""
    seen: SeenFiles = field(default_factory=SeenFiles)
    """What was read of it, here and by whoever else has this."""

    def error(self, message: str, *, row: int | None = None, hint: str | None = None) -> DataError:
        """Make an error that says the file and, where there is one, the line or row."""
        if row is not None and (self.format in WITHOUT_LINES or self.url is not None):
            message = f"{self.place(row)}: {message}"
            row = None
        if self.url is not None:
            return DataError(f"{self.url}: {message}", where=self.named_at, hint=hint)
        return DataError(message, where=Where(path=self.path, line=row), hint=hint)

    def open(self) -> IO[bytes]:
        """Open it to read its bytes; it can be sought in.

        Raises:
            OSError, DataError: it cannot be opened.
        """
        if self.url is None:
            return self.path.open("rb")
        try:
            return open_remote(self.url)
        except DataError as error:
            error.where = self.named_at
            raise

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Have what is read within, from the first time on, be of one state of its files.

        Raises:
            DataError: a file changed meanwhile; whatever else was wrong may be due to that.
        """
        try:
            yield
        except DataError as error:
            if changed := self.seen.changed():
                raise _changed(changed) from error
            raise
        if changed := self.seen.changed():
            raise _changed(changed)

    def place(self, row: int) -> str:
        """Name a row: ``line 7``, or ``row 7`` where rows stand on no line."""
        return f"{'row' if self.format in WITHOUT_LINES else 'line'} {row}"

    def remedy(self, option: str) -> str:
        """Say how a file is declared that is written in another way."""
        if self.named_at is None:
            return "write the file as JSON lines, or as CSV in UTF-8 as spreadsheets write it"
        source = f"source: {{format: {self.format}, path: {self.url or self.path.name}, {option}}}"
        return f"write `{source}` in {self.named_at.path.name}"


class Source(Protocol):
    """A module of SOURCES."""

    def rows(
        self, file: TableFile, columns: Sequence[str], optional: Sequence[str]
    ) -> Iterator[Row]:
        """Give a file's rows; see read_rows."""


def added_sources() -> Mapping[str, Addition]:
    """Give the formats that packages add.

    Raises:
        ConfigError: two formats have one name.
    """
    return additions("source", SOURCES)


def read_rows(
    file: TableFile, columns: Sequence[str], optional: Sequence[str] = ()
) -> Generator[Row, None, None]:
    """Give a file's rows from the first to the last; only the current one is held.

    The file is open until the rows are read or closed.

    Args:
        file: which, and how to read it.
        columns: the cells to give; all must be there.
        optional: more of them; cells of those that are not there are None.

    Raises:
        DataError: the file is missing or is not of its format, a row has not the columns of its
            header, a column is missing or stands twice, or the file changed since it was first
            read. Some of it only on the way.
    """
    _check_there(file)
    if file.url is None and file.revision is None and file.path.is_file():
        file.seen.see(file.path)
    wanted = list(dict.fromkeys(columns)), list(dict.fromkeys(optional))
    try:
        with file.steady():
            if file.format in SOURCES:
                source = cast("Source", import_module(SOURCES[file.format]))
                yield from source.rows(file, *wanted)
            else:
                yield from _added_rows(file, *wanted)
    except OSError as error:
        inside = f" ({error.filename})" if error.filename not in (None, str(file.path)) else ""
        raise file.error(f"cannot be read: {error.strerror or error}{inside}") from error


def _changed(path: Path) -> DataError:
    return DataError(
        "changed while it was read",
        where=Where(path=path),
        hint="its rows would contradict each other: run this again when nothing writes to it",
    )


def _check_there(file: TableFile) -> None:
    """Refuse a file, or a folder, that is not there, or is something else.

    Raises:
        DataError: so it is.
    """
    if file.format in OF_SEVERAL or file.revision is not None or file.url is not None:
        return
    of_folder = file.format in OF_FOLDERS
    what = "folder" if of_folder else "file"
    where = file.path_at or file.named_at
    try:
        exists = file.path.is_dir() if of_folder else file.path.is_file()
    except (OSError, ValueError) as error:  # a name that is too long, or holds a NUL
        raise DataError(f"no such {what}: {file.path} ({error})", where=where) from error
    if not exists:
        other = "something else" if of_folder else "a folder, a pipe or a device"
        odd = f" ({other} stands there)" if file.path.exists() else ""
        hint = (
            "of a dataset on the Hub 'revision:' says which commit" if file.format == "hf" else None
        )
        raise DataError(f"no such {what}: {file.path}{odd}", where=where, hint=hint)


def _added_rows(file: TableFile, columns: Sequence[str], optional: Sequence[str]) -> Iterator[Row]:
    """Give a file's rows by what a package adds.

    Raises:
        DataError: no format has this name, or the package's code failed.
        ConfigError: it cannot be imported, or two formats have this name.
    """
    added = added_sources()
    if file.format not in added:
        hint = nearest(file.format, (*SOURCES, *added))
        raise DataError(f"no format is named '{file.format}'", where=file.named_at, hint=hint)
    source = cast("Source", added[file.format].load())
    try:
        yield from source.rows(file, columns, optional)
    except (HarnessError, OSError):
        raise
    except Exception as error:  # its code is not ours
        raise file.error(
            f"the format '{file.format}' of the package {added[file.format].label} failed "
            f"({type(error).__name__}: {error})"
        ) from error


def check_columns(
    file: TableFile, file_columns: Sequence[str], columns: Sequence[str], hint: str | None = None
) -> None:
    """Check that each column is there once.

    Args:
        file: for the error.
        file_columns: what the file has.
        columns: what it must have.
        hint: what else the cause may be than a wrong name.

    Raises:
        DataError: one is not, or stands twice.
    """
    missing = [column for column in columns if column not in file_columns]
    if missing:
        raise DataError(
            f"{file.path.name} has no column {', '.join(map(repr, missing))}",
            where=file.columns_at.get(missing[0]) or file.named_at,
            hint=hint or _columns_hint(missing[0], file_columns),
        )
    for column in columns:
        if list(file_columns).count(column) > 1:
            raise file.error(
                f"column '{column}' stands twice", hint="which is meant? rename one in the file"
            )


def _columns_hint(missing: str, known: Sequence[str]) -> str:
    close = get_close_matches(missing, known, n=1)
    meant = f"did you mean '{close[0]}'? " if close else ""
    return f"{meant}its columns: {', '.join(known)}"
