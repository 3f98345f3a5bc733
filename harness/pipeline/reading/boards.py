"""A run's scores and comparisons → each metric's leaderboard, every figure as it is printed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.contrast import sentence, signed_to, span_to
from harness.contrast.headline import headline
from harness.metrics.registry import UNRANKED
from harness.report.effect_picture import section_of
from harness.report.page_data import (
    Board,
    BoardRow,
    EffectEntry,
    Figure,
    PairEntry,
    RawEntry,
    SystemEntry,
)
from harness.stats import digits_for

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from harness.contrast import ComparedMetric
    from harness.pipeline.reading.comparing import RunComparison
    from harness.records import Comparison, Effect, MetricResult, RunSummary, SystemSummary

NOT_COMPARED = "one system: there is nothing to compare it with"


def system_entries(summary: RunSummary, hidden: frozenset[str]) -> tuple[SystemEntry, ...]:
    """List the systems of a run."""
    place = {system.system: i for i, system in enumerate(summary.systems)}
    return tuple(
        SystemEntry(
            name=system.system,
            variant=system.variant,
            model=system.model,
            decoding=system.decoding,
            baseline=system.variant == summary.baseline,
            control=system.control,
            control_of=place.get(system.control_of) if system.control_of else None,
            n=system.n - system.unscored,
            unscored=system.unscored,
            hidden=system.system in hidden,
        )
        for system in summary.systems
    )


def boards(
    summary: RunSummary,
    compared: RunComparison | None,
    effects: Sequence[Effect] = (),
    *,
    undecided: Mapping[str, Sequence[str]],
) -> tuple[Board, ...]:
    """Lay out every metric.

    Args:
        summary: what is shown of it.
        compared: its systems in pairs; None where none are compared, or a ladder shows none.
        effects: of the run's matrices.
        undecided: metric → why nothing is decided on it that the suite declares to decide.
    """
    by_metric = {one.metric: one for one in compared.metrics} if compared else {}
    return tuple(
        _Layout(
            summary,
            metric,
            by_metric.get(metric),
            undecided.get(metric, ()),
            compared.declared if compared else (),
        ).board([effect for effect in effects if effect.metric == metric])
        for metric in summary.metrics
    )


class _Layout:
    """One metric as it is laid out."""

    def __init__(
        self,
        summary: RunSummary,
        metric: str,
        compared: ComparedMetric | None,
        undecided: Sequence[str],
        declared: Collection[frozenset[str]],
    ) -> None:
        self.declared = declared
        self.undecided = undecided
        self.summary = summary
        self.metric = metric
        self.compared = compared
        self.place = {system.system: i for i, system in enumerate(summary.systems)}
        self.results = {r.system: r for r in summary.results if r.metric == metric}
        self.pairs = compared.pairs if compared else ()
        self.baselines = [s for s in summary.systems if s.variant == summary.baseline]
        self.digits = digits_for(r.interval for r in self.results.values())
        pictures = (p for p in summary.grounding if p.metric == metric)
        self.pictures = {pair.baseline: pair for pair in pictures}
        widths = (pair.interval for pair in (*self.pairs, *self.pictures.values()))
        self.delta_digits = digits_for(widths)

    def board(self, effects: Sequence[Effect]) -> Board:
        said, below = self._headline()
        rows = self._rows()
        return Board(
            metric=self.metric,
            ranked=self.metric not in UNRANKED,
            said=said,
            below=below,
            rows=rows,
            pairs=tuple(self._pair(pair) for pair in self.pairs),
            raw=tuple(self._raw()),
            effects=_effects(effects),
        )

    def _headline(self) -> tuple[str, str]:
        ladder = self.summary.ladder
        if ladder:
            if self.metric != ladder.metric:
                return f"The ladder shows no more than {ladder.metric}", ""
            said = f"The best shown is {ladder.best}: {ladder.metric} {ladder.value:.4f}"
            return said, f"in run {ladder.run}; the ladder shows no score that is not better"
        if self.undecided:
            return "Undecided: what the suite declares cannot be compared", "; ".join(
                self.undecided
            )
        names = [system.system for system in self.baselines]
        if found := headline(self.pairs, names, declared=self.declared, digits=self.delta_digits):
            return found.said, found.below
        rivals = [s for s in self.summary.systems if s.control is None]
        scored = [r for s in rivals if (r := self.results.get(s.system)) and r.value is not None]
        if not scored:
            reasons = dict.fromkeys(r.missing or "" for r in self.results.values())
            return f"{self.metric} is missing", "; ".join(filter(None, reasons))
        if len(rivals) > 1:
            return f"Nothing was compared on {self.metric}", ""
        score = self._score(scored[0])
        span = f" {score.span}" if score.low is not None else ""
        return f"{scored[0].system}: {self.metric} {score.said}{span}", NOT_COMPARED

    def _rows(self) -> tuple[BoardRow, ...]:
        rivals = [system for system in self.summary.systems if system.control is None]
        rows = {system.system: self._row(system) for system in rivals}
        by_score = sorted(
            rows,
            key=lambda name: -(score.value if (score := rows[name].score) else float("-inf")),
        )
        own = [s for s in rivals if not rows[s.system].stays]
        shown = {s.system: score.said for s in own if (score := rows[s.system].score) is not None}
        top = next((name for name in by_score if name in shown), None)
        rankable = self.metric not in UNRANKED and self.metric not in self.summary.uneven
        differ = rankable and len(set(shown.values())) > 1
        laid: list[BoardRow] = []
        for name in by_score:
            best = differ and top is not None and shown.get(name) == shown[top]
            laid.append(replace(rows[name], best=best))
            controls = (s for s in self.summary.systems if s.control_of == name)
            laid += [self._row(control) for control in controls]
        return tuple(laid)

    def _row(self, system: SystemSummary) -> BoardRow:
        result = self.results.get(system.system)
        rungs = self.summary.ladder.rungs if self.summary.ladder else ()
        has = result is not None and result.value is not None
        pair = self.pictures.get(system.system) if system.control else self._against(system)
        delta, verdict = None, None
        if pair is not None:
            sign = -1.0 if pair.baseline == system.system and not system.control else 1.0
            delta, verdict = self._delta(pair, sign), pair.verdict
        letters = self.compared.letters.get(system.system, "") if self.compared else ""
        return BoardRow(
            system=self.place[system.system],
            score=self._score(result) if result is not None and has else None,
            missing=None if has else (result and result.missing) or "not computed",
            delta=delta,
            verdict=verdict,
            letters=letters,
            best=False,
            stays=any(r.system == system.system and r.state == "best stays" for r in rungs),
        )

    def _against(self, system: SystemSummary) -> Comparison | None:
        """Find the comparison of a system with its own baseline."""
        if system in self.baselines:
            return None
        alike = [
            base
            for base in self.baselines
            if (base.model, base.decoding) == (system.model, system.decoding)
        ]
        for base in (*alike, *self.baselines):
            for pair in self.pairs:
                if {pair.baseline, pair.candidate} == {base.system, system.system}:
                    return pair
        return None

    def _score(self, result: MetricResult) -> Figure:
        value = result.value or 0.0
        low, high = result.interval or (None, None)
        span = span_to(result.interval, self.digits) if result.interval else ""
        return Figure(
            value=value,
            low=low,
            high=high,
            said=f"{value:.{self.digits}f}",
            span=span or f"no interval: {result.no_interval}" * bool(result.no_interval),
        )

    def _delta(self, pair: Comparison, sign: float = 1.0) -> Figure:
        return delta_figure(
            sign * pair.delta, pair.interval, self.delta_digits, pair.reason or "", sign
        )

    def _pair(self, pair: Comparison) -> PairEntry:
        return PairEntry(
            baseline=self.place[pair.baseline],
            candidate=self.place[pair.candidate],
            delta=self._delta(pair),
            verdict=pair.verdict,
            sentence=sentence(pair),
        )

    def _raw(self) -> list[RawEntry]:
        found = []
        for name, scores in self.summary.raw.items():
            result = self.results.get(name)
            if self.metric in scores and result is not None and result.value is not None:
                before, after = scores[self.metric], result.value
                said = f"{before:.4f} → {after:.4f}"
                found.append(
                    RawEntry(system=self.place[name], before=before, after=after, said=said)
                )
        return found


def delta_figure(
    value: float,
    interval: tuple[float, float] | None,
    digits: int,
    reason: str = "",
    sign: float = 1.0,
) -> Figure:
    """Write a difference.

    Args:
        value: of it.
        interval: around ``sign`` times it; None: there is none.
        digits: decimals.
        reason: why there is no interval.
        sign: -1 turns the interval round.
    """
    if interval is None:
        span = f"cannot tell: {reason}" if reason else "cannot tell"
        return Figure(value=value, low=None, high=None, said=signed_to(value, digits), span=span)
    low, high = sorted(sign * end for end in interval)
    return Figure(
        value=value,
        low=low,
        high=high,
        said=signed_to(value, digits),
        span=span_to((low, high), digits),
    )


def _effects(effects: Sequence[Effect]) -> tuple[EffectEntry, ...]:
    digits = digits_for(effect.interval for effect in effects)
    named = len({effect.matrix for effect in effects}) > 1
    return tuple(
        EffectEntry(
            section=section_of(effect),
            label=f"{effect.matrix}: {_label(effect)}" if named else _label(effect),
            delta=delta_figure(effect.estimate, effect.interval, digits, effect.reason or ""),
            verdict=effect.verdict,
        )
        for effect in effects
    )


def _label(effect: Effect) -> str:
    """Name every level that takes part."""
    pairs = zip(effect.axes, effect.levels, effect.against, strict=True)
    return " × ".join(f"{axis}: {level} − {first}" for axis, level, first in pairs)
