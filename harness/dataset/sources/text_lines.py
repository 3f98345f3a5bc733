"""A text file → its decoded lines; a line that is not in the declared encoding is named."""

from __future__ import annotations

import codecs
from io import TextIOWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from harness.dataset.sources.table import TableFile
    from harness.errors import DataError

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded_lines(file: TableFile) -> Generator[str, None, None]:
    """Give a file's lines with their ends as they stand; the file is open until it is closed.

    Raises:
        DataError: a line is not in the encoding.
    """
    # Spreadsheets put a byte order mark before UTF-8; it is no part of the first column's name.
    utf_8 = codecs.lookup(file.encoding).name == "utf-8"
    encoding = "utf-8-sig" if utf_8 else file.encoding
    try:
        with TextIOWrapper(file.open(), encoding=encoding, newline="") as opened:
            yield from opened
    except UnicodeError as error:
        raise _undecodable(file) from error


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
