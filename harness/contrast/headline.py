"""Comparisons on one metric → the short sentence that stands first, and what goes beneath it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.contrast.words import ROUGH, counted, foremost, ordered, p_value_text
from harness.metrics.registry import UNRANKED
from harness.stats import digits_for

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from harness.records import Comparison

_NAMED = 3
"""Systems that are named; of more it is said how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What a run says on one metric."""

    said: str
    """Some fifteen words."""
    below: str
    """How sure that is."""
    pair: Comparison | None = None
    """The comparison that it is about; None: there is none."""


def headline(
    pairs: Sequence[Comparison],
    baselines: Collection[str],
    *,
    declared: Collection[frozenset[str]] = (),
    digits: int | None = None,
) -> Headline | None:
    """Say what matters most: the best system against the baseline, or the baseline's runner-up.

    Args:
        pairs: all of one metric; those that were declared go first.
        baselines: the systems of the baseline prompt.
        declared: the systems of each declared pair; one of these is said, if there are any.
        digits: decimals of the figures; None: what this difference deserves.

    Returns:
        None where nothing was compared.
    """
    if not pairs:
        return None
    chosen = foremost(pairs, declared)
    best = _higher(chosen[0])
    with_best = [pair for pair in chosen if best in (pair.baseline, pair.candidate)]
    against = [p for p in with_best if {p.baseline, p.candidate} - {best} <= set(baselines)]
    pair = (against if best not in baselines and against else chosen)[0]
    exploratory = "" if pair.confirmatory else "Exploratory: "
    return Headline(
        said=_said(pair, digits), below=f"{exploratory}{_below(pair, ordered(pairs))}", pair=pair
    )


def signed_to(number: float, digits: int) -> str:
    """Write a difference with its sign; what rounds to nothing has none."""
    rounded = round(number, digits)
    return f"{rounded:+.{digits}f}" if rounded else f"{0:.{digits}f}"


def span_to(interval: tuple[float, float], digits: int) -> str:
    """Write an interval in square brackets; what rounds to nothing has no sign."""
    low, high = (round(end, digits) + 0.0 for end in interval)
    return f"[{low:.{digits}f}, {high:.{digits}f}]"


def chance_text(pair: Comparison) -> str:
    """Say p, over how many comparisons and on how many samples."""
    value = pair.p_value
    p = "p < 0.001" if value is not None and value < 0.001 else f"p = {p_value_text(value)}"
    over = "1 comparison" if pair.family == 1 else f"{pair.family:,} comparisons"
    return f"{p}, {over}, {counted(pair)}"


def _higher(pair: Comparison) -> str:
    return pair.candidate if pair.delta >= 0 else pair.baseline


def _said(pair: Comparison, places: int | None) -> str:
    one, other, sign = pair.candidate, pair.baseline, 1.0
    if pair.delta < 0 and pair.verdict != "not worse":
        one, other, sign = other, one, -1.0
    if pair.verdict == "cannot tell" or pair.interval is None:
        return f"This data cannot tell {one} from {other} on {pair.metric}"
    low, high = sorted(sign * end for end in pair.interval)
    digits = digits_for([(low, high)]) if places is None else places
    figures = f"{pair.metric} {signed_to(sign * pair.delta, digits)} {span_to((low, high), digits)}"
    margin = f"{pair.margin or 0:g}"
    beats = "is higher than" if pair.metric in UNRANKED else "beats"
    return {
        "told apart": f"{one} {beats} {other}: {figures}",
        "equivalent": f"{one} and {other} are equivalent within ±{margin}: {figures}",
        "not worse": f"{one} is not worse than {other} by {margin}: {figures}",
        "not told apart": f"{one} and {other} are not told apart: {figures}",
    }[pair.verdict]


def _below(pair: Comparison, pairs: Sequence[Comparison]) -> str:
    if pair.verdict == "cannot tell" or pair.interval is None:
        return f"{pair.reason} ({counted(pair)})"
    chance = chance_text(pair)
    if pair.verdict == "told apart":
        said = f"unlikely to be chance ({chance}){_alike(_higher(pair), pairs)}"
    elif pair.verdict in ("equivalent", "not worse"):
        said = f"the whole interval lies within the margin that matters ({chance})"
    else:
        shown = f"a difference of {pair.smallest:.2g} would have shown; " if pair.smallest else ""
        said = f"{shown}the true difference may be on either side of 0 ({chance})"
    return f"{said}{ROUGH if pair.rough else ''}"


def _alike(best: str, pairs: Sequence[Comparison]) -> str:
    """Name the systems that are not told apart from the best one."""
    open_ = [pair for pair in pairs if pair.verdict in ("not told apart", "cannot tell")]
    alike = [p.candidate if p.baseline == best else p.baseline for p in open_ if best in _both(p)]
    if not alike:
        return ""
    more = f" and {len(alike) - _NAMED} more" if len(alike) > _NAMED else ""
    return f"; {best} is not told apart from {', '.join(alike[:_NAMED])}{more}"


def _both(pair: Comparison) -> tuple[str, str]:
    return pair.baseline, pair.candidate
