"""Rows of text → a table on stdout: coloured on a terminal, plain elsewhere, never cut off.

On a terminal that is too narrow, the columns are spread over several blocks one below the other,
each of which begins with the same columns of names. Where a row is told by several names, as a pair
of systems is, and two blocks do not hold its cells, each row is stacked instead: a line of its
names, and under it its cells, each after its column's name. Elsewhere a table is as wide as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.cli.output import broken, say
from harness.report.escape import visible
from harness.report.tables import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

UNBOUNDED = 100_000
"""Columns of what is no terminal."""
LEAST_NAME = 8
"""Characters that a name is never made shorter than."""
MOST_BLOCKS = 2
"""Blocks over which what is said of one pair may be spread."""
GAP = 3
"""Columns between two cells."""
BEST = "bold green"


class Grid:
    """A table that is filled row by row and then shown.

    Args:
        header: names of the columns.
        left: how many columns stand left; the others, numbers, stand right.
        names: how many columns say what a row is; they are repeated in each block.
        padded: whether cells have been made as wide as their column, so that none is moved.
    """

    def __init__(
        self, header: Sequence[str], *, left: int = 1, names: int = 1, padded: bool = False
    ) -> None:
        self._header = [visible(name) for name in header]
        self._left = left
        self._names = names
        self._padded = padded
        self._rows: list[list[Cell]] = []
        self._styles: list[str] = []
        self._ends: set[int] = set()

    def add(self, *cells: str | Cell, style: str = "") -> None:
        """Add a row."""
        row = [cell if isinstance(cell, Cell) else Cell(text=cell) for cell in cells]
        self._rows.append([replace(cell, text=visible(cell.text)) for cell in row])
        self._styles.append(style)

    def fits(self, width: int) -> bool:
        """Tell whether so many columns hold all cells, with the longest names shortened."""
        room = self._room(width // 2)
        sizes = [
            max(cell_len(header), *(cell_len(row[column].text) for row in self._rows), 0)
            for column, header in enumerate(self._header)
        ]
        sizes[: self._names] = [min(size, room) for size in sizes[: self._names]]
        return sum(sizes) + self._gap * (len(sizes) - 1) + 2 <= width

    @property
    def _gap(self) -> int:
        return GAP - 1 if self._padded else GAP

    def end_section(self) -> None:
        """Draw a line under the last row, if there is one."""
        self._ends.add(len(self._rows) - 1)

    def show(self) -> bool:
        """Print the table; the best of a column is green on a terminal, and starred elsewhere.

        Returns:
            Whether it was printed on a terminal.
        """
        console = Console(soft_wrap=True)
        if not console.is_terminal:
            everything = range(len(self._header))
            Console(width=UNBOUNDED, soft_wrap=True).print(self._table(everything, starred=True))
            return False
        if self._names > 1 and len(list(self._blocks(console))) > MOST_BLOCKS:
            for line in self._stacked(console.width):
                console.print(line)
            return True
        legend = self._shorten(console.width)
        for columns in self._blocks(console):
            table = self._table(columns)
            width = max(console.width, _width(console, table))
            Console(width=width, soft_wrap=True).print(table)
        say(*(f"{short} is {name}" for short, name in legend.items()))
        return True

    def _stacked(self, width: int) -> Iterator[Text]:
        """Write each row as a line of its names and lines of its other cells; none is cut."""
        widths = [
            max(cell_len(text) for text in (header, *(row[column].text for row in self._rows)))
            for column, header in enumerate(self._header)
        ]
        own = widths[: self._names]
        # One below the other where they fit, else one after the other.
        room = own if sum(own) + GAP * len(own) <= width else None
        head = _in_a_line(self._header[: self._names], room)
        yield from (Text(part, style="bold") for part in broken(head, width))
        yield Text(" " + "─" * min(width - 2, cell_len(head) - 1))
        lines = self._lines(widths, width)
        above = [""] * self._names
        for i, (row, style) in enumerate(zip(self._rows, self._styles, strict=True)):
            # A name that stands for several rows is left out of all but the first.
            above = [cell.text or last for cell, last in zip(row, above, strict=False)]
            yield from (Text(part, style=style) for part in broken(_in_a_line(above, room), width))
            for columns in lines:
                line = Text(style=style)
                for column in columns:
                    if row[column].text:
                        line.append(" " * GAP + self._header[column] + " ", style="dim")
                        line.append(row[column].text, style=BEST if row[column].best else "")
                if line.cell_len <= width:
                    yield from [line] if line else []
                else:
                    yield from (Text(part, style=style) for part in broken(line.plain, width))
            if i in self._ends and i + 1 < len(self._rows):
                yield Text()

    def _lines(self, widths: Sequence[int], width: int) -> list[list[int]]:
        """Spread columns, each with its name before its cells, over lines of this width."""
        lines: list[list[int]] = []
        left = 0
        for column in range(self._names, len(self._header)):
            needed = GAP + cell_len(self._header[column]) + 1 + widths[column]
            if not lines or needed > left:
                lines.append([])
                left = width
            lines[-1].append(column)
            left -= needed
        return lines

    def _shorten(self, width: int) -> dict[str, str]:
        """Shorten in the middle what is too long for this width; give the new names of old ones."""
        if _width(Console(width=UNBOUNDED), self._table(range(len(self._header)))) <= width:
            return {}
        legend: dict[str, str] = {}
        names = self._room(width // 2)
        for column in range(self._left):  # names and words; a number is never cut
            room = names if column < self._names else width // 2 - GAP
            long = dict.fromkeys(
                row[column].text for row in self._rows if cell_len(row[column].text) > room
            )
            taken = {row[column].text for row in self._rows} - set(long)
            short: dict[str, str] = {}
            for name in long:
                short[name] = _short(name, room, taken)
                taken.add(short[name])
            for row in self._rows:
                row[column] = Cell(
                    text=short.get(row[column].text, row[column].text), best=row[column].best
                )
            if column < self._names:
                legend |= {new: old for old, new in short.items()}
        return legend

    def _room(self, width: int) -> int:
        """Give the longest that a name may be so that all columns of names fit this width."""
        longest = [
            max((cell_len(row[column].text) for row in self._rows), default=0)
            for column in range(self._names)
        ]
        fit = (
            room
            for room in range(width, LEAST_NAME, -1)
            if sum(min(room, length) + GAP for length in longest) <= width
        )
        return next(fit, LEAST_NAME)

    def _blocks(self, console: Console) -> Iterator[list[int]]:
        """Spread the columns so that each block fits the terminal, and has one column at least."""
        names = list(range(self._names))
        block: list[int] = []
        for column in range(self._names, len(self._header)):
            wider = self._table([*names, *block, column])
            if block and _width(console, wider) > console.width:
                yield [*names, *block]
                block = []
            block.append(column)
        yield [*names, *block]

    def _table(self, columns: Sequence[int], *, starred: bool = False) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=self._padded)
        for column in columns:
            table.add_column(
                Text(self._header[column]),
                justify="left" if self._padded or column < self._left else "right",
                no_wrap=True,
            )
        for i, (row, style) in enumerate(zip(self._rows, self._styles, strict=True)):
            cells = (row[column] for column in columns)
            texts = (
                Text(f"{cell.text}{'*' if cell.best else ''}{cell.mark}") if starred
                else Text(f"{cell.text}{cell.mark}", style=BEST if cell.best else "")
                for cell in cells
            )  # fmt: skip
            table.add_row(*texts, style=style or None, end_section=i in self._ends)
        return table


def _in_a_line(names: Sequence[str], room: Sequence[int] | None) -> str:
    """Put names side by side, each in so many columns; None: each as wide as it is."""
    if room is None:
        return " " + " · ".join(names)
    padded = (name + " " * (size - cell_len(name)) for name, size in zip(names, room, strict=True))
    return (" " + (" " * GAP).join(padded)).rstrip()


def _width(console: Console, table: Table) -> int:
    return console.measure(table, options=console.options.update(width=UNBOUNDED)).maximum


def _short(name: str, room: int, taken: set[str]) -> str:
    """Leave out a name's middle; where two would then read alike, the later one gets a number."""
    number, mark = 1, "…"
    while True:
        tail = (room - len(mark)) // 2
        short = _cut(name, room - len(mark) - tail) + mark + _cut(name[::-1], tail)[::-1]
        if short not in taken:
            return short
        number += 1
        mark = f"…{number}…"


def _cut(text: str, room: int) -> str:
    """Give the beginning of a text that takes no more than so many columns."""
    text = text[:room]  # a character takes one column at least, but for marks on the one before
    while cell_len(text) > room:
        text = text[:-1]
    return text
