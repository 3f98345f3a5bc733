"""Comparisons → the sentences that say what follows from them, and no more than that."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.contrast.groups import SEEN
from harness.metrics.registry import UNRANKED
from harness.stats import ALPHA

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.records import Comparison


def ordered(pairs: Iterable[Comparison]) -> list[Comparison]:
    """Put declared pairs first, and of each kind the winner against its runner-up."""
    pairs = list(pairs)
    values = {pair.baseline: pair.baseline_value for pair in pairs}
    values |= {pair.candidate: pair.candidate_value for pair in pairs}
    rank = {name: i for i, name in enumerate(sorted(values, key=lambda name: -values[name]))}
    return sorted(
        pairs,
        key=lambda pair: (
            not pair.confirmatory,
            sorted((rank[pair.baseline], rank[pair.candidate])),
        ),
    )


def sentences(pairs: Sequence[Comparison]) -> list[str]:
    """Say a sentence for each pair, as ``ordered``."""
    return [sentence(pair) for pair in ordered(pairs)]


def sentence(pair: Comparison) -> str:
    """Say what may be said of two systems, by how much, and how sure it is."""
    higher, lower, sign = pair.candidate, pair.baseline, 1.0
    if pair.delta < 0 and pair.verdict != "not worse":
        higher, lower, sign = lower, higher, -1.0
    end = "." if pair.confirmatory else " (exploratory)."
    if pair.rough:
        end = f"; rough, for few samples carry most of the difference{end}"
    if pair.verdict == "cannot tell" or not pair.interval:
        said = f"this data cannot tell {higher} from {lower}: {pair.reason} ({counted(pair)})"
        return f"On {pair.metric}, {said}{end}"
    low, high = sorted(sign * bound for bound in pair.interval)
    between = f"the true difference lies between {signed(low)} and {signed(high)}"
    over = "1 comparison" if pair.family == 1 else f"{pair.family} comparisons"
    chance = f"p = {p_text(pair)}{_drawn(pair)}, over {over}, on this data: {counted(pair)}"
    alike = "score alike, and " if abs(pair.delta) < SEEN else ""
    margin = f"{pair.margin or 0.0:g}"
    said = {
        "told apart": f"{higher} {_does(pair)} {lower} by {_figure(pair.delta)} (95 % interval "
        f"{signed(low)} to {signed(high)}): unlikely to be chance ({chance}){_small(pair, high)}"
        f"{_what_would(pair)}",
        "equivalent": f"{higher} and {lower} are equivalent within ±{margin}: {between} ({chance})"
        f"{_what_would(pair)}",
        "not worse": f"{higher} is not worse than {lower} by {margin} or more: {between} "
        f"({chance}){_what_would(pair)}",
        "not told apart": f"{higher} and {lower} {alike}are not told apart: {between} ({chance})"
        f"{_what_would(pair)}",
    }[pair.verdict]
    return f"On {pair.metric}, {said}{end}"


def counted(pair: Comparison) -> str:
    """Say on how many samples a pair was compared, and in how many clusters."""
    return units_text(pair.n_paired, pair.units)


def units_text(samples: int, units: int | None) -> str:
    """Say how many samples there are, and in how many clusters where some belong together."""
    text = f"{samples} sample{'s' if samples != 1 else ''}"
    if units in (None, samples):
        return text
    return f"{text} in {units} cluster{'s' if units != 1 else ''}"


def p_text(pair: Comparison) -> str:
    """Write a pair's p-value."""
    return p_value_text(pair.p_value)


def p_value_text(p_value: float | None) -> str:
    """Write a p-value, which is never 0."""
    if p_value is None:
        return "–"
    if p_value < 0.0001:
        return f"{p_value:.1e}"
    # One that is under 5 % is never printed as 5 %.
    return f"{min(p_value, 0.0499) if p_value < ALPHA else p_value:.4f}"


def signed(number: float) -> str:
    """Write a difference or an end of an interval; one that is there is never 0.0000."""
    if 0.0 < abs(number) < SEEN:
        return f"{number:+.1e}"
    return f"{number + 0.0:+.4f}"


def _drawn(pair: Comparison) -> str:
    """Say how sure a p-value is that other exchanges could have put on the other side of 5 %."""
    if pair.p_value is None:
        return ""
    error = 2 * math.sqrt(ALPHA * (1 - ALPHA) / pair.exchanges)
    return f" ± {error:.4f}" if abs(pair.p_value - ALPHA) < error else ""


def _figure(difference: float) -> str:
    """Write how large a difference is; one that is there is never 0.0000."""
    size = abs(difference)
    return f"{size:.4f}" if size >= SEEN else f"{size:.1e}"


def _does(pair: Comparison) -> str:
    return "is higher than" if pair.metric in UNRANKED else "beats"


def _small(pair: Comparison, high: float) -> str:
    """Say that a difference that is there does not matter."""
    if pair.margin and high < pair.margin:
        return f", though by less than the {pair.margin:g} that matters"
    return ""


def _rounded_up(number: int) -> int:
    """Keep two digits of a number that is no surer than that."""
    step = int(10 ** max(0, len(str(number)) - 2))
    return -(-number // step) * step


def _what_would(pair: Comparison) -> str:
    """Say which difference would have shown, or how many units would decide."""
    said = f"; a difference of {pair.smallest:.4f} would have shown" if pair.smallest else ""
    if pair.needed and pair.needed > pair.units:
        kind = "samples" if pair.units == pair.n_paired else "clusters"
        said += f"; about {_rounded_up(pair.needed):,} {kind} would tell {pair.margin:g} from none"
    return said
