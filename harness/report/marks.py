"""What tests say of a run's systems, in the form in which tables mark it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.records import Comparison

HIGHER, LOWER = "▲", "▼"
"""Told apart from the baseline by what was declared before the answers were there."""
SEEMS_HIGHER, SEEMS_LOWER = "△", "▽"
"""The same, exploratory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The pairs that a table marks: each system against the baseline of its model and decoding."""

    deciding: str
    """The metric that the verdict is about."""
    verdict: str
    """One short sentence."""
    below: str
    """How sure that is; empty where there is no more to say."""
    further: tuple[tuple[str, str], ...] = ()
    """The same two of each further metric that the suite declares."""
    baseline: str
    """The variant that others are compared with."""
    baselines: Mapping[str, str]
    """System → its baseline; those that have one."""
    pairs: Mapping[tuple[str, str], Comparison]
    """System and metric → how it compares with its baseline; the system is the candidate."""
    letters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Metric → system → its letters: who shares one is not told apart."""
    exploratory: str | None = None
    """Why nothing is confirmatory; None where something is."""

    @property
    def verdicts(self) -> tuple[tuple[str, str], ...]:
        """Give the sentence of each declared metric, and how sure it is."""
        return ((self.verdict, self.below), *self.further)

    def mark(self, system: str, metric: str) -> str:
        """Mark what is told apart from its baseline; else nothing."""
        pair = self.pairs.get((system, metric))
        if pair is None or pair.verdict != "told apart":
            return ""
        if pair.confirmatory:
            return HIGHER if pair.delta > 0 else LOWER
        return SEEMS_HIGHER if pair.delta > 0 else SEEMS_LOWER

    def bands(self, metric: str) -> Mapping[str, str]:
        """Give the letters on one metric; none where all systems share one, which tells nothing."""
        held = self.letters.get(metric, {})
        return held if len(set(held.values())) > 1 else {}

    def legend(self, metrics: tuple[str, ...]) -> list[str]:
        """Say what the marks on these metrics mean that occur there, and over how many tests."""
        told = [
            pair
            for (_, metric), pair in self.pairs.items()
            if metric in metrics and pair.verdict == "told apart"
        ]
        lines: list[str] = []
        for confirmatory, marks in ((True, (HIGHER, LOWER)), (False, (SEEMS_HIGHER, SEEMS_LOWER))):
            some = [pair for pair in told if pair.confirmatory == confirmatory]
            if not some:
                continue
            ways = [
                f"{mark} {word}"
                for mark, word, sign in zip(marks, ("higher", "lower"), (1, -1), strict=True)
                if any(pair.delta * sign > 0 for pair in some)
            ]
            over = max(pair.family for pair in some)
            kind = "declared" if confirmatory else "exploratory"
            count = f"{over} {kind} comparison{'' if over == 1 else 's'}"
            lines.append(
                f"{', '.join(ways)} than {self.of_whom}, unlikely to be chance (over {count})"
            )
        return lines

    @property
    def of_whom(self) -> str:
        """Name the baseline; where there are several, say which is whose."""
        several = len(set(self.baselines.values())) > 1
        names = list(self.baselines.values())
        if several or not names:
            return f"{self.baseline} of the same model and decoding"
        return names[0]
