"""Answers, block by block → the sufficient statistics of a run: all that is kept of them.

A metric that is ``whole`` (a package's, unless it says otherwise) is given all answers of a system
at once, and a module of ``evaluate`` all texts: these are kept until then, where there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.errors import MetricError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric
    from harness.records import Answer, Sample

    Draw = tuple[int, str]
    """Number of the draw, and system."""


class Measured:
    """What the scores of a run are functions of.

    Args:
        metrics: what to compute, by the labels of their specs.
        drawn: system → how often it was drawn; in the order of tables.
        samples: those of the run. All their references give CIDEr its document frequencies, so
            that systems with different failures are weighed alike.
        keep_texts: whether predictions are kept, for modules of ``evaluate``.
        among: samples that scores owe something to, in the place of the run's own: those of
            several runs that are compared.
    """

    def __init__(
        self,
        metrics: Mapping[str, Metric],
        drawn: Mapping[str, int],
        samples: Sequence[Sample],
        *,
        keep_texts: bool = False,
        among: Sequence[Sample] | None = None,
    ) -> None:
        self.metrics = dict(metrics)
        self.drawn = dict(drawn)
        self.samples = samples
        self.missing: dict[str, str] = {}
        """By label: why a metric could not be computed."""
        self.texts: dict[Draw, list[str | None]] = {}
        """Predictions by the place of their samples, None of failed ones; where they are kept."""
        self._all = samples if among is None else among
        self._keep_texts = keep_texts
        self._row = {system: row for row, system in enumerate(drawn)}
        self._answered: dict[int, NDArray[np.bool_]] = {}
        """By draw: shape (systems, samples). No room is made for a draw before it comes."""
        self._rows: dict[str, dict[int, FloatArray]] = {}
        """By label and draw: shape (systems, samples, k)."""
        self._among: dict[str, Metric] = {}
        self._holds = any(metric.whole for metric in metrics.values())
        self._whole: dict[Draw, dict[int, Answer]] = {}
        self._raw_whole: dict[Draw, dict[int, Answer]] = {}
        """Answers by the places of their samples."""
        self._raw: dict[str, list[_RawRows]] = {}
        """By system and block."""
        self._raw_missing: set[str] = set()

    def add(
        self,
        draw: int,
        system: str,
        places: NDArray[np.int64],
        answers: Sequence[Answer],
        raw: Mapping[int, Answer] | None = None,
    ) -> None:
        """Measure some answers of a system; each once.

        Args:
            draw: its number, from 0.
            system: its name.
            places: of their samples, ascending, shape (answers,).
            answers: as post-processed.
            raw: those that post-processing changed as they were, by their place among these.
        """
        row = self._row[system]
        if draw not in self._answered:
            shape = len(self.drawn), len(self.samples)
            self._answered[draw] = np.zeros(shape, dtype=np.bool_)
        self._answered[draw][row, places] = [answer.failure is None for answer in answers]
        if self._keep_texts:
            texts = self.texts.setdefault((draw, system), [None] * len(self.samples))
            for place, answer in zip(places.tolist(), answers, strict=True):
                texts[place] = answer.prediction.value
        for label in self.metrics:
            self._measure(label, draw, row, places, answers)
        if self._holds:
            held = self._whole.setdefault((draw, system), {})
            held.update(zip(places.tolist(), answers, strict=True))
        if raw:
            self._add_raw(draw, system, places, raw)

    def finish(self) -> None:
        """Measure what had to wait for the last block."""
        places = np.arange(len(self.samples))
        for (draw, system), held in self._whole.items():
            answers = [held[place] for place in range(len(self.samples))]
            for label in self.metrics:
                self._measure(label, draw, self._row[system], places, answers, whole=True)
            if raw := self._raw_whole.get((draw, system)):
                answers = [raw.get(place, answer) for place, answer in enumerate(answers)]
                rows = self._raw_rows(answers, whole=True)
                self._raw[system].append(_RawRows(draw, places, rows))
        self._whole.clear()
        self._raw_whole.clear()

    @property
    def labels(self) -> list[str]:
        """The metrics that could be computed, in order."""
        return [label for label in self.metrics if label in self._rows]

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which samples a system has an answer for, in one draw at least; (systems, samples)."""
        scored: NDArray[np.bool_] = np.any(list(self._answered.values()), axis=0)
        return scored

    def answered(self, system: str) -> NDArray[np.bool_]:
        """Tell which answers of a system there are, shape (draws, samples)."""
        row = self._row[system]
        return np.stack([self._answered[draw][row] for draw in range(self.drawn[system])])

    def rows(self, label: str, system: str) -> FloatArray:
        """Give a system's statistics in each draw, shape (draws, samples, k).

        Of what was not answered they mean nothing; NaN where the metric does not apply to a sample.
        """
        row, by_draw = self._row[system], self._rows[label]
        return np.stack([by_draw[draw][row] for draw in range(self.drawn[system])])

    def statistics(self, label: str) -> FloatArray:
        """Give each sample's statistics, the mean of the draws there are: (systems, samples, k)."""
        if len(self._answered) == 1:
            return self._rows[label][0]
        every = (_mean(self.rows(label, system), self.answered(system)) for system in self.drawn)
        return np.stack(list(every))

    @property
    def changed(self) -> list[str]:
        """The systems of which post-processing changed a text."""
        return [system for system in self.drawn if system in self._raw]

    def raw_statistics(self, label: str, system: str) -> FloatArray | None:
        """Give a system's statistics as ``statistics`` does, without post-processing.

        Returns:
            Shape (samples, k); None where they could not be computed.
        """
        if label not in self._rows or label in self._raw_missing:
            return None
        rows = self.rows(label, system)
        for raw in self._raw[system]:
            if label in raw.by_label:
                rows[raw.draw, raw.places] = raw.by_label[label]
        return _mean(rows, self.answered(system))

    def _measure(
        self,
        label: str,
        draw: int,
        row: int,
        places: NDArray[np.int64],
        answers: Sequence[Answer],
        *,
        whole: bool = False,
    ) -> None:
        """Keep the statistics of one metric; why there are none is kept, too."""
        if label in self.missing or self.metrics[label].whole != whole:
            return
        try:
            found = self._metric(label).statistics(answers)
        except MetricError as error:
            self.missing[label] = reason(error)
            self._rows.pop(label, None)
            return
        by_draw = self._rows.setdefault(label, {})
        if draw not in by_draw:
            by_draw[draw] = np.zeros((*self._answered[draw].shape, found.shape[1]))
        by_draw[draw][row, places] = found

    def _metric(self, label: str) -> Metric:
        """Give a metric as it is among the run's samples."""
        if label not in self._among:
            self._among[label] = self.metrics[label].among(self._all)
        return self._among[label]

    def _add_raw(
        self, draw: int, system: str, places: NDArray[np.int64], raw: Mapping[int, Answer]
    ) -> None:
        where = places[list(raw)]
        if self._holds:
            kept = self._raw_whole.setdefault((draw, system), {})
            kept.update(zip(where.tolist(), raw.values(), strict=True))
        rows = self._raw_rows(list(raw.values()), whole=False)
        self._raw.setdefault(system, []).append(_RawRows(draw, where, rows))

    def _raw_rows(self, answers: Sequence[Answer], *, whole: bool) -> dict[str, FloatArray]:
        rows: dict[str, FloatArray] = {}
        for label, metric in self.metrics.items():
            if metric.whole == whole and label not in {*self.missing, *self._raw_missing}:
                try:
                    rows[label] = self._metric(label).statistics(answers)
                except MetricError:
                    self._raw_missing.add(label)
        return rows


class _RawRows(NamedTuple):
    """Statistics of texts as they were before post-processing, where that changed them."""

    draw: int
    places: NDArray[np.int64]
    by_label: Mapping[str, FloatArray]


def reason(error: MetricError) -> str:
    """Say why a metric is missing."""
    return f"{error.message} ({error.hint})" if error.hint else error.message


def _mean(rows: FloatArray, answered: NDArray[np.bool_]) -> FloatArray:
    """Average the draws of one system: rows[draws, samples, k] → [samples, k]."""
    if len(rows) == 1:
        only: FloatArray = rows[0]
        return only
    counts = np.maximum(answered.sum(axis=0), 1)[:, np.newaxis]
    means: FloatArray = (rows * answered[..., np.newaxis]).sum(axis=0) / counts
    return means
