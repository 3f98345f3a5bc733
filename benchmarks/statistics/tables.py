"""Counts of cells → tables in Markdown, and the worst cell of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cells import PRINTED, Tally, coverage
from compared import ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cells import Cell

Results = dict[tuple[str, str, str], Tally]
"""(part, row, column) → counts."""

TITLES = {
    "scores": "One score: how often its 95 % interval holds the truth, by samples",
    "clusters": "One score of clusters: how often its 95 % interval holds the truth",
    "equal": "Equal systems: data sets with any false difference, by systems × samples",
    "equal in clusters": "Equal systems on clusters: data sets with any false difference",
    "weak": "Two systems of the same true score and other make: told apart, and that without the "
    "mark 'rough', by samples",
    "differences": "Differences: data sets in which all intervals hold the truth, by samples",
    "margins": "A true difference of just the margin, by samples: equivalent / not worse, "
    "or of the better one: told apart, but by less than the margin",
    "power": "The difference that is claimed to be seen in 80 %: told apart, by systems × units",
    "slices": "Equal systems on slices: data sets with any false difference, by samples",
}


def tables(part: str, cells: Sequence[Cell], results: Results) -> Iterator[str]:
    """Give the lines of a part's table."""
    columns = list(dict.fromkeys(cell.column for cell in cells))
    rows = list(dict.fromkeys(cell.row for cell in cells))
    yield f"\n### {TITLES[part]}\n"
    yield f"| % | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 1) + "|"
    for row in rows:
        found = {c: results[part, row, c] for c in columns if (part, row, c) in results}
        names = _columns_of(part, found)
        for name in names:
            label = row if len(names) == 1 else f"{row.split()[0]} {name}"
            texts = [TEXTS[part](found[c], name) if c in found else "–" for c in columns]
            yield f"| {label} | {' | '.join(texts)} |"


def _columns_of(part: str, found: Mapping[str, Tally]) -> list[str]:
    """Say which of a cell's counts are shown: each score's, or the family's, or a pair's."""
    names = list(next(iter(found.values())).counts)
    if part in ("scores", "clusters"):
        return names
    single = part in ("margins", "power")
    return [name for name in names if (name == ALL) != single]


def _false(tally: Tally, column: str) -> str:
    """Write how many data sets had a false difference, and of how few pairs anything is said."""
    tested = tally.share(column, "intervals", "pairs")
    if not tested:
        return "none"
    text = f"{tally.share(column, 'false'):.1f}"
    return text if tested > 99.5 else f"{text} ({tested:.0f} % tested)"


def _unmarked(tally: Tally, column: str) -> str:
    """Write how many data sets had a false difference, and in how many it was not called rough."""
    return f"{_false(tally, column)}, {tally.share(column, 'unmarked'):.1f} unmarked"


def _falsely_within(tally: Tally, column: str) -> dict[str, float]:
    """Say how often a difference of just the margin was said to be less, in each way."""
    names = ["equivalent", "small"] if tally.claims[column] > 0 else ["equivalent", "not worse"]
    return {name: tally.share(column, name) for name in names}


def _margin(tally: Tally, column: str) -> str:
    return " / ".join(f"{share:.1f}" for share in _falsely_within(tally, column).values())


def _power(tally: Tally, column: str) -> str:
    told, tested = tally.share(column, "told"), tally.share(column, "interval")
    if tested == 0.0:
        return "none"
    return f"{told:.1f}" if tested > 99.5 else f"{told:.1f} ({tested:.0f} % tested)"


TEXTS: Mapping[str, Callable[[Tally, str], str]] = {
    "scores": coverage,
    "clusters": coverage,
    "equal": _false,
    "equal in clusters": _false,
    "weak": _unmarked,
    "differences": coverage,
    "margins": _margin,
    "power": _power,
    "slices": _false,
}


def worst(part: str, results: Results) -> str:
    """Name the cells of a part that are furthest from what they claim."""
    figures: dict[str, list[tuple[float, str]]] = {}
    for (own, row, column), tally in results.items():
        if own == part:
            for name in _columns_of(part, {column: tally}):
                where = f"{row}, {column}" if name == ALL else f"{row}, {name}, {column}"
                for kind, figure in _figures(part, tally, name).items():
                    figures.setdefault(kind, []).append((figure, where))
    ends = []
    for kind, found in figures.items():
        (low, at_low), (high, at_high) = min(found), max(found)
        ends.append(f"{kind} from {low:.1f} ({at_low}) to {high:.1f} % ({at_high})")
    return f"{part}: {'; '.join(ends)}"


def _figures(part: str, tally: Tally, column: str) -> dict[str, float]:
    """Give what a cell is judged by, in percent; nothing where nothing was said."""
    printed = tally.share(column, "interval") >= 100.0 * PRINTED
    if part in ("scores", "clusters", "differences"):
        if printed:
            return {"covers": tally.share(column, "held", "interval")}
        missed = tally.share(column, "interval") - tally.share(column, "held")
        return {"mostly unsaid, misses": missed}
    if part == "margins":
        return _falsely_within(tally, column)
    if part == "power":
        return {"told apart": tally.share(column, "told")} if printed else {}
    return {"false": tally.share(column, "false")} if tally.share(column, "intervals") else {}


def contradictions(results: Results) -> tuple[int, int]:
    """Count comparisons whose parts do not agree, and all comparisons."""
    counts = [tally.counts[ALL] for tally in results.values() if ALL in tally.counts]
    return sum(int(c["contradictions"]) for c in counts), sum(int(c["pairs"]) for c in counts)
