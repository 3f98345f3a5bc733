"""Tar shards as WebDataset packs them → rows: files that stand together and share a key.

``a/x.left.png`` has the key ``a/x``, which is the column ``__key__``, and the extension
``left.png``, a column too: a picture, a text (``txt``, ``cls``), or an object (``json``) whose
fields are columns as well. ``image`` holds all pictures whose extension has no dot in it.
"""

from __future__ import annotations

import re
import tarfile
from collections import deque
from contextlib import closing
from glob import has_magic
from itertools import product
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from harness.dataset.known_texts import KnownTexts
from harness.dataset.sources.image_folder import SUFFIXES
from harness.dataset.sources.json_text import BadJson, json_cell
from harness.dataset.sources.natural_order import natural
from harness.dataset.sources.odd_files import told
from harness.dataset.sources.table import Row, Unreadable, check_columns
from harness.errors import DataError
from harness.media import read_member
from harness.records import MemberPlace, Where

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from harness.dataset.sources.table import Cell, TableFile

KEY = "__key__"
PICTURES = "image"
MAX_TEXT = 16 * 1024 * 1024
"""Bytes of a text or an object."""
MAX_SHARDS = 100_000
_TEXTS = frozenset({"txt", "text", "cls"})
_KINDS = {
    tarfile.TarInfo.isdir: "a folder",
    tarfile.TarInfo.issym: "a symbolic link",
    tarfile.TarInfo.isfifo: "a pipe",
    tarfile.TarInfo.isdev: "a device",
}
_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
_PACKED: Mapping[bytes, str] = {
    b"\x1f\x8b": "gzip", b"BZ": "bzip2", b"\xfd7": "xz", b"\x28\xb5": "zstd",
}  # fmt: skip
"""How a packed file begins, and by what it was packed."""


def rows(file: TableFile, columns: Sequence[str], optional: Sequence[str]) -> Iterator[Row]:
    """Give a row for each key, shard after shard; see ``table.read_rows``.

    Raises:
        DataError: a shard is missing, packed, cut short or damaged, a key comes twice, or a column
            is nowhere.
    """
    shards = shards_of(file)
    for shard in shards:
        file.seen.see(shard)
    _check_columns(file, shards, columns)
    asked = [*columns, *optional]
    broken: list[str] = []
    with closing(_samples(file, shards)) as samples:
        for number, sample in enumerate(samples, start=1):
            cells = sample.cells(asked)
            fault = sample.fault or (sample.dotted() if PICTURES in asked else None)
            yield Row(number=number, cells={c: cells.get(c) for c in asked}, fault=fault)
            if unread := sample.unread:
                broken.append(unread)
    if broken:
        file.say(told(broken, ".json that cannot be read", ".json that cannot be read"))


def shards_of(file: TableFile) -> list[Path]:
    """Find the shards that a path means: ``{000..009}`` one after another, ``*`` in natural order.

    Raises:
        DataError: there is none, one of a range is missing, or there are too many.
    """
    between = _RANGE.split(str(file.path))[::3]
    ranges = [(m[1], int(m[1]), int(m[2])) for m in _RANGE.finditer(str(file.path))]
    count = 1
    for _, first, last in ranges:
        count *= max(0, last - first + 1)
    if count > MAX_SHARDS:
        raise file.error(f"means {count:,} shards, more than {MAX_SHARDS:,}")
    numbers = [
        [str(n).zfill(len(width)) for n in range(first, last + 1)] for width, first, last in ranges
    ]
    shards: list[Path] = []
    for chosen in product(*numbers):
        written = zip(between, (*chosen, ""), strict=True)
        shards += _matching("".join(text for pair in written for text in pair))
    missing = [shard for shard in shards if not shard.is_file()]
    if missing or not shards:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise DataError(
            f"no such file: {missing[0] if missing else file.path}{more}",
            where=file.named_at,
            hint="path may be one shard, a range as x-{000..009}.tar, or a pattern as x-*.tar",
        )
    return shards


def _matching(path: str) -> list[Path]:
    if not has_magic(path) or Path(path).is_file():
        return [Path(path)]
    whole = Path(path)
    found = Path(whole.anchor).glob(str(whole.relative_to(whole.anchor)))
    return sorted(found, key=lambda shard: (natural(str(shard)), shard))


def _check_columns(file: TableFile, shards: Sequence[Path], columns: Sequence[str]) -> None:
    """Read until every column has been seen: a wrong name must not pass for a missing value."""
    seen = dict.fromkeys((KEY, PICTURES))
    with closing(_samples(file, shards)) as samples:
        for sample in samples:
            if sample.fault is None:
                seen.update(dict.fromkeys(sample.cells(())))
            if all(column in seen for column in columns):
                return
    check_columns(file, list(seen), columns, None if len(seen) > 2 else "its shards are empty")


class _Sample:
    """What stands under one key."""

    def __init__(self, key: str, shard: Path, fault: tuple[str, str] | None = None) -> None:
        self.key = key
        self.fault = fault
        """Of what is called like a picture and has no key, or is no file."""
        self._shard = str(shard)
        self._pictures: list[Cell] = []
        self._by_extension: dict[str, Cell] = {}
        self._fields: dict[str, Cell] = {}
        self._unknown: Unreadable | None = None
        """Why the fields are not known."""
        self.unread: str | None = None
        """The .json that they would stand in."""

    def add(self, tar: tarfile.TarFile, member: tarfile.TarInfo, extension: str) -> bool:
        """Add a file; say whether its extension is new."""
        if extension in self._by_extension:
            return False
        kind = extension.rpartition(".")[2]
        if f".{kind}" in SUFFIXES:
            # GNU tar writes a file that it has written before as a link to that.
            name = member.linkname if member.islnk() else member.name
            cell: Cell = MemberPlace(archive=self._shard, member=name)
            if kind == extension:
                self._pictures.append(cell)
        elif kind in _TEXTS:
            cell = _text(tar, member)
            if isinstance(cell, str):
                cell = cell.strip() if kind == "cls" else cell.removesuffix("\n").removesuffix("\r")
        elif kind == "json":
            cell = _object(tar, member)
            if isinstance(cell, dict):
                self._fields.update(cell)
            elif isinstance(cell, Unreadable):
                self._unknown = cell
                self.unread = f"{Path(self._shard).name}:{member.name}"
        else:
            cell = Unreadable(f"a file .{extension}, which is not read here")
        self._by_extension[extension] = cell
        return True

    def cells(self, asked: Sequence[str]) -> dict[str, Cell]:
        """Give the columns; of those that are asked for and not there, why they are not known."""
        absent: dict[str, Cell] = dict.fromkeys(asked, self._unknown) if self._unknown else {}
        own: dict[str, Cell] = {KEY: self.key, PICTURES: self._pictures}
        return {**absent, **self._fields, **self._by_extension, **own}

    def dotted(self) -> tuple[str, str] | None:
        """Say why there is no picture, where one stands behind a second dot."""
        dotted = (e for e in self._by_extension if f".{e.rpartition('.')[2]}" in SUFFIXES)
        if self._pictures or (extension := next(dotted, None)) is None:
            return None
        return (
            "missing_image",
            f"no picture in '{PICTURES}': a key ends at the first dot, so {self.key}.{extension} "
            f"is the column '{extension}' of '{self.key}' (name it under columns, or rename it)",
        )


def _samples(file: TableFile, shards: Sequence[Path]) -> Generator[_Sample, None, None]:
    """Give what stands together under each key.

    Raises:
        DataError: a key comes twice, or has an extension twice.
    """
    known = KnownTexts()  # key → the number of its shard
    odd: list[str] = []
    untaken: deque[_Sample] = deque()
    """What is called like a picture and is none; told when the sample around it is whole."""
    for number, shard in enumerate(shards):
        sample: _Sample | None = None
        with closing(_members(shard)) as members:
            for tar, member in members:
                if (parts := _parts(member)) is None:
                    _account(shard, member, odd, untaken)
                    continue
                key, extension = parts
                if sample is None or sample.key != key:
                    yield from _all_of(sample, untaken)
                    if (before := known.get(key)) is not None:
                        raise _twice(shard, member, f"key '{key}'", shards[before])
                    known.add(key, number)
                    sample = _Sample(key, shard)
                if not sample.add(tar, member, extension):
                    raise _twice(shard, member, f"extension '{extension}' of '{key}'", shard)
        yield from _all_of(sample, untaken)
    if odd:
        one, many = "member that is no file x.y", "members that are no files x.y"
        file.say(told(odd, one, many))


def _twice(shard: Path, member: tarfile.TarInfo, what: str, before: Path) -> DataError:
    return DataError(
        f"the {what} comes a second time with the member {member.name}; the first is in "
        f"{before.name}",
        where=Where(path=shard),
        hint="the files of a key stand next to each other, and no other shard has that key",
    )


def _parts(member: tarfile.TarInfo) -> tuple[str, str] | None:
    """Split a member's name into its key and its extension, as WebDataset does."""
    folder, slash, name = member.name.removeprefix("./").rpartition("/")
    stem, _, extension = name.partition(".")
    if not stem or not extension or not (member.isreg() or member.islnk()) or member.issparse():
        return None
    return f"{folder}{slash}{stem}", extension.lower()


def _no_picture(member: tarfile.TarInfo) -> tuple[str, str] | None:
    """Say why what is called like a picture is none; what macOS puts beside each file is no such.

    Returns:
        The fault of its row; None where it is not called so.
    """
    name = member.name.rpartition("/")[2]
    if PurePosixPath(name).suffix.lower() not in SUFFIXES or name.startswith("._"):
        return None
    if member.isreg() and not member.issparse():
        return ("unreadable_image", f"a key does not begin with a dot: {member.name}")
    what = next((what for is_one, what in _KINDS.items() if is_one(member)), "no plain file")
    return ("unreadable_image", f"{member.name} is {what}")


def _account(shard: Path, member: tarfile.TarInfo, odd: list[str], untaken: deque[_Sample]) -> None:
    if fault := _no_picture(member):
        untaken.append(_Sample(member.name, shard, fault))
    elif not member.isdir():
        odd.append(f"{shard.name}:{member.name}")


def _all_of(sample: _Sample | None, untaken: deque[_Sample]) -> Iterator[_Sample]:
    if sample is not None:
        yield sample
    while untaken:
        yield untaken.popleft()


def _members(
    shard: Path,
) -> Generator[tuple[tarfile.TarFile, tarfile.TarInfo], None, None]:
    """Give the members of a shard, up to the mark that ends it.

    Raises:
        DataError: it is no tar, is packed, is cut short, or is damaged.
    """
    last = "its beginning"
    with shard.open("rb") as opened:
        if packing := _PACKED.get(opened.read(2)):
            raise DataError(
                f"is packed with {packing}, and all that stands before a picture would be unpacked "
                "anew for each",
                where=Where(path=shard),
                hint="unpack the shard to a plain .tar",
            )
        opened.seek(0)
        try:
            with tarfile.open(str(shard), "r:", fileobj=opened) as tar:
                while (member := tar.next()) is not None:
                    tar.members.clear()  # type: ignore[attr-defined]  # else it keeps them all
                    yield tar, member
                    last = f"the member {member.name}"
                _check_end(opened, tar.offset, shard, last)
        except tarfile.TarError as error:
            raise _broken(shard, f"{error}", last) from error


def _check_end(opened: IO[bytes], offset: int, shard: Path, last: str) -> None:
    """Refuse a shard that does not end as a tar ends: it may lack some of its files.

    Raises:
        DataError: so it is.
    """
    opened.seek(offset)
    mark = opened.read(tarfile.BLOCKSIZE)
    if not mark:
        raise _broken(shard, "there is no mark of its end", last)
    while mark:
        if mark.strip(b"\0"):
            raise _broken(shard, f"something else stands at byte {opened.tell():,}", last)
        mark = opened.read(1024 * 1024)


def _broken(shard: Path, problem: str, last: str) -> DataError:
    return DataError(
        f"is cut short or damaged at {last} or behind it ({problem})",
        where=Where(path=shard),
        hint="fetch or write the shard again; its samples would be some of those that it had",
    )


def _text(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Cell:
    if member.size > MAX_TEXT:
        return Unreadable(f"a text of {member.size:,} bytes ({member.name})")
    if member.islnk():
        content = read_member(Path(str(tar.name)), member.linkname, MAX_TEXT + 1)
        if content is None or len(content) > MAX_TEXT:
            return Unreadable(f"a link to no text that is read here ({member.name})")
    else:
        stream = tar.extractfile(member)
        content = stream.read() if stream else b""
        if len(content) < member.size:
            raise tarfile.ReadError("unexpected end of data")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Unreadable(f"a text that is not UTF-8 ({member.name}, at byte {error.start:,})")


def _object(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Cell:
    text = _text(tar, member)
    if not isinstance(text, str):
        return text
    try:
        return json_cell(text)
    except BadJson as error:
        return Unreadable(f"nothing that can be read ({member.name}: {error})")
