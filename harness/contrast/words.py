"""Comparisons → the sentences that say what follows from them, and no more than that."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.contrast.groups import SEEN
from harness.metrics.registry import UNRANKED
from harness.stats import ALPHA

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from harness.records import Comparison, Control


ROUGH = "; rough, for few samples carry most of the difference"


def ordered(pairs: Iterable[Comparison]) -> list[Comparison]:
    """Put declared pairs first, and of each kind the winner against its runner-up."""
    pairs = list(pairs)
    values: dict[str, float] = {}
    for pair in sorted(pairs, key=lambda pair: pair.n_paired):  # the most samples tell best
        values |= {pair.baseline: pair.baseline_value, pair.candidate: pair.candidate_value}
    rank = {name: i for i, name in enumerate(sorted(values, key=lambda name: -values[name]))}
    return sorted(
        pairs,
        key=lambda pair: (
            not pair.confirmatory,
            sorted((rank[pair.baseline], rank[pair.candidate])),
        ),
    )


def foremost(
    pairs: Iterable[Comparison], declared: Collection[frozenset[str]] = ()
) -> list[Comparison]:
    """Give the pairs that one sentence may be about, as ``ordered``.

    Where some are declared these alone, and of them those of which anything can be told, if there
    are any.

    Args:
        pairs: all of one metric.
        declared: the systems of each declared pair, which need not be confirmatory.
    """
    every = ordered(pairs)
    own = [pair for pair in every if pair.confirmatory]
    own = own or [pair for pair in every if {pair.baseline, pair.candidate} in declared]
    told = [pair for pair in own if pair.interval is not None and pair.verdict != "cannot tell"]
    return told or own or every


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
        end = f"{ROUGH}{end}"
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


WITH: Mapping[Control, str] = {
    "blind": "without an image",
    "shuffled": "with another sample's image",
    "grey": "with a grey image",
}
"""How a prompt was asked as a control."""


def picture_sentence(pair: Comparison, control: Control) -> str:
    """Say what a picture adds to a prompt: its score less that of a control of it.

    Args:
        pair: the control is the baseline.
        control: what it is.
    """
    name, asked = pair.candidate, WITH[control]
    bare = f"it scores {pair.candidate_value:.4f}, and {pair.baseline_value:.4f} {asked}"
    if pair.verdict == "cannot tell" or not pair.interval:
        said = f"this data cannot tell what the picture adds to {name}: {pair.reason}"
        return f"On {pair.metric}, {said} ({counted(pair)}); {bare}."
    low, high = map(signed, pair.interval)
    over = "1 comparison" if pair.family == 1 else f"{pair.family} comparisons"
    chance = f"p = {p_text(pair)}{_drawn(pair)}, over {over}, on this data: {counted(pair)}"
    if pair.verdict != "told apart":
        said = (
            f"it is not told whether the picture adds anything to {name}: the true difference "
            f"lies between {low} and {high} ({chance})"
        )
    else:
        does, to = ("adds", "to") if pair.delta > 0 else ("takes", "from")
        said = (
            f"the picture {does} {_figure(pair.delta)} {to} {name} (95 % interval {low} to "
            f"{high}): unlikely to be chance ({chance})"
        )
    return f"On {pair.metric}, {said}; {bare}{ROUGH if pair.rough else ''}."


def picture_sentences(
    pairs: Sequence[Comparison], kinds: Mapping[str, Control], *, most: int | None = None
) -> list[str]:
    """Say of each control what it tells on one metric.

    Args:
        pairs: the controls are the baselines.
        kinds: what each of them is.
        most: of more than so many sentences, one for each kind of control is left.
    """
    if most is None or len(pairs) <= most:
        return [picture_sentence(pair, kinds[pair.baseline]) for pair in pairs]
    return [
        pictures_in_short([pair for pair in pairs if kinds[pair.baseline] == kind], kind)
        for kind in dict.fromkeys(kinds[pair.baseline] for pair in pairs)
    ]


def pictures_in_short(pairs: Sequence[Comparison], control: Control) -> str:
    """Say in one sentence what the picture adds to many prompts on one metric."""
    told = [pair.delta for pair in pairs if pair.verdict == "told apart"]
    added = [delta for delta in told if delta > 0]
    said = [f"adds to {_of(len(added), len(pairs))}"]
    if added:
        said[0] += f" ({signed(min(added))} to {signed(max(added))})"
    if taken := len(told) - len(added):
        said.append(f"takes from {taken}")
    if open_ := len(pairs) - len(told):
        said.append(f"of {open_} it is not told")
    return (
        f"On {pairs[0].metric}, against the same prompt {WITH[control]}, the picture "
        f"{', '.join(said)}"
    )


def _of(some: int, every: int) -> str:
    return f"all {every}" if some == every else f"{some} of {every}"


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


def rounded_up(number: int) -> int:
    """Keep two digits of a number that is no surer than that."""
    step = int(10 ** max(0, len(str(number)) - 2))
    return -(-number // step) * step


def _what_would(pair: Comparison) -> str:
    """Say which difference would have shown, or how many units would decide."""
    said = f"; a difference of {pair.smallest:.4f} would have shown" if pair.smallest else ""
    if pair.needed and pair.needed > pair.units:
        kind = "samples" if pair.units == pair.n_paired else "clusters"
        said += f"; about {rounded_up(pair.needed):,} {kind} would tell {pair.margin:g} from none"
    return said
