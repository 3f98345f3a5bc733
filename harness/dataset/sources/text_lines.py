"""A text file → its decoded lines; a line that is not in the declared encoding is named."""

from __future__ import annotations

import codecs
from io import TextIOWrapper
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from harness.dataset.sources.table import TableFile
    from harness.errors import DataError

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LOOKED_AT = 1024
"""Bytes by which is told what a file is."""
_PACKED = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\3\4": "zip (a spreadsheet's .xlsx is such a file, too)",
}  # fmt: skip
"""How a packed file begins, and by what it was packed."""


def decoded_lines(file: TableFile) -> Generator[str, None, None]:
    """Give a file's lines with their ends as they stand; the file is open until it is closed.

    Raises:
        DataError: a line is not in the encoding.
    """
    # Spreadsheets put a byte order mark before UTF-8; it is no part of the first column's name.
    utf_8 = codecs.lookup(file.encoding).name == "utf-8"
    encoding = "utf-8-sig" if utf_8 else file.encoding
    try:
        with file.open() as content:
            check_start(file, content)
            with TextIOWrapper(content, encoding=encoding, newline="") as opened:
                yield from opened
    except UnicodeError as error:
        raise _undecodable(file) from error


def check_start(file: TableFile, content: IO[bytes]) -> None:
    """Refuse what is no text by how it begins; the file is at its beginning then.

    Raises:
        DataError: it is packed, or UTF-16 that does not say so.
    """
    start = content.read(_LOOKED_AT)
    content.seek(0)
    if packing := next((what for mark, what in _PACKED.items() if start.startswith(mark)), None):
        raise file.error(
            f"is packed with {packing}, and is read here as a text alone",
            hint="unpack it, or export it as CSV in UTF-8",
        )
    if codecs.lookup(file.encoding).name.startswith("utf-16") or start.startswith(_UTF_16):
        return
    half = max(len(start) // 2, 1)
    even, odd = start[::2].count(0) / half, start[1::2].count(0) / half
    if max(even, odd) > 0.4 and min(even, odd) < 0.1:
        order = "le" if odd > even else "be"
        raise file.error(
            f"is not {file.encoding} but UTF-16 without a mark at its beginning: every other "
            "byte is 0",
            hint=file.remedy(f"encoding: utf-16-{order}"),
        )


def _undecodable(file: TableFile) -> DataError:
    """Find the line: a decoder reads in blocks and does not know it."""
    with file.open() as opened:
        for number, line in enumerate(opened, start=1):
            if number == 1 and line.startswith(_UTF_16):
                return file.error(
                    f"is not {file.encoding} but UTF-16", hint=file.remedy("encoding: utf-16")
                )
            try:
                line.decode(file.encoding)
            except UnicodeError as error:
                # What latin-1 has no letters for, cp1252 uses for curly quotation marks.
                guess = "cp1252" if any(0x80 <= byte < 0xA0 for byte in line) else "latin-1"
                return file.error(
                    f"is not {file.encoding} ({getattr(error, 'reason', error)})",
                    row=number,
                    hint=file.remedy(f"encoding: {guess}"),
                )
    return file.error(f"is not {file.encoding}", hint=file.remedy("encoding: latin-1"))
