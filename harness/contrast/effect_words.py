"""Effects → the sentences that say what follows from them, and no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.contrast.words import ROUGH, p_value_text, units_text
from harness.metrics.registry import UNRANKED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import Effect

MOST = 5
"""Effects that are said in a sentence where nobody asks for more."""


def by_weight(effects: Sequence[Effect]) -> list[Effect]:
    """Put what is told apart first, what this data cannot tell last, and of each the largest.

    Of equal rank, what is averaged over all stands before what is told of a single model, the
    factors' effects before those of wording, and main effects before interactions, which are
    differences of differences and so look larger by chance.
    """
    rank = {"told apart": 0, "not told apart": 1}
    return sorted(
        effects,
        key=lambda e: (
            rank.get(e.verdict, 2),
            e.model is not None,
            e.wording,
            e.interaction,
            -abs(e.estimate),
        ),
    )


def effect_sentences(
    effects: Sequence[Effect], *, most: int = MOST, named: bool = False
) -> list[str]:
    """Say a sentence for each of the largest effects, as ``by_weight``.

    Args:
        effects: on one metric.
        most: how many.
        named: whether to name the matrix, for there are several.
    """
    return [effect_sentence(effect, named=named) for effect in by_weight(effects)[:most]]


def effect_sentence(effect: Effect, *, named: bool = False) -> str:
    """Say what may be said of an effect, how large it is, and how sure that is."""
    said = _crossed(effect, named=named) if effect.interaction else _main(effect, named=named)
    model = f" with the model {effect.model}" if effect.model else ""
    rough = ROUGH if effect.rough else ""
    return f"On {effect.metric}{model}, {said}{rough} (exploratory)."


def levels_text(effect: Effect) -> str:
    """Say which levels are compared: ``catchy − plain``, of two axes one after the other."""
    pairs = zip(effect.levels, effect.against, strict=True)
    return ", ".join(f"{level} − {first}" for level, first in pairs)


def averaged_text(effect: Effect) -> str:
    """Say over how many combinations of the other choices an effect is averaged."""
    count = str(effect.combinations)
    return count if effect.combinations == effect.possible else f"{count} of {effect.possible}"


def _main(effect: Effect, *, named: bool) -> str:
    matrix = effect.matrix if named else ""
    [axis] = effect.axes
    higher, lower = (
        f"{matrix}[{axis}={level}]" if named else f"{axis}={level}"
        for level in (effect.levels[0], effect.against[0])
    )
    if not effect.interval:
        return f"this data cannot tell {higher} from {lower}: {_why(effect)}"
    low, high = effect.interval
    if effect.estimate < 0:
        higher, lower, low, high = lower, higher, -high, -low
    over = _over(effect)
    if effect.verdict == "told apart":
        does = "is higher than" if effect.metric in UNRANKED else "beats"
        return (
            f"{higher} {does} {lower} by {abs(effect.estimate):.4f}{over} (95 % interval "
            f"{low:+.4f} to {high:+.4f}): unlikely to be chance ({_chance(effect)})"
        )
    return (
        f"{higher} and {lower} are not told apart{over}: the true difference lies between "
        f"{low:+.4f} and {high:+.4f} ({_chance(effect)}){_would(effect)}"
    )


def _crossed(effect: Effect, *, named: bool) -> str:
    one, other = effect.axes
    of = f"what {one} does ({effect.levels[0]} − {effect.against[0]})"
    if named:
        of += f" in {effect.matrix}"
    if not effect.interval:
        return f"this data cannot tell whether {other} changes {of}: {_why(effect)}"
    low, high = effect.interval
    before, after = effect.parts
    parts = (
        f"{before:+.4f} at {other}={effect.against[1]}, {after:+.4f} at {other}={effect.levels[1]}"
    )
    change = f"{effect.estimate:+.4f}{_over(effect)}, 95 % interval {low:+.4f} to {high:+.4f}"
    if effect.verdict == "told apart":
        return (
            f"{other} changes {of}: {parts}. A change ({change}) that is unlikely to be chance "
            f"({_chance(effect)})"
        )
    return (
        f"it is not told whether {other} changes {of}: {parts} ({change}; {_chance(effect)})"
        f"{_would(effect)}"
    )


def _over(effect: Effect) -> str:
    if effect.possible == 1:
        return ""
    return f", averaged over {averaged_text(effect)} combinations of the other choices"


def _chance(effect: Effect) -> str:
    over = "1 effect" if effect.family == 1 else f"{effect.family} effects"
    p = p_value_text(effect.p_value)
    return f"p = {p}, over {over}, on this data: {units_text(effect.n_paired, effect.units)}"


def _why(effect: Effect) -> str:
    return f"{effect.reason} ({units_text(effect.n_paired, effect.units)})"


def _would(effect: Effect) -> str:
    return f"; one of {effect.smallest:.4f} would have shown" if effect.smallest else ""
