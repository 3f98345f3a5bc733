"""One system's answers, block by block → counts of its requests, and what its texts are like."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.errors import MetricError
from harness.metrics.diversity import Variety, count_copied
from harness.metrics.tools import METEOR_WORDS
from harness.records import SystemSummary, TextsSummary

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from harness.metrics.tools import ScoringTools
    from harness.pipeline.reading.answers import Part
    from harness.records import Answer, FlagShare, RunRecord, System


class SystemCounts:
    """Counts of one system, over all its draws; holds no answer.

    Args:
        system: whose they are.
        run: the run.
        tools: its tokeniser.
    """

    def __init__(self, system: System, run: RunRecord, tools: ScoringTools) -> None:
        self._system = system
        self._variant = run.variants[system.variant]
        self._tools = tools
        self._statuses: Counter[str] = Counter()
        self._declined: Counter[str] = Counter()
        self._unapplied: Counter[str] = Counter()
        self._changed_by: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._made_by: Counter[str] = Counter()
        self._changed = self._truncated = self._malformed = 0
        self._texts = self._copied = self._overlong = 0
        self._variety: Variety | None = Variety()
        """None where there is no tokeniser."""

    def add(self, part: Part) -> None:
        """Count some answers."""
        for answer in part.answers:
            said = answer.prediction
            self._statuses[said.status] += 1
            self._truncated += answer.completion.finish_reason == "length"
            if said.steps:
                self._changed += 1
                self._changed_by.update(said.steps)
            if said.declined:
                self._declined.update(said.declined)
            if said.unapplied:
                self._unapplied.update(said.unapplied)
        given = [answer for answer in part.answers if answer.failure is None]
        self._reasons.update(answer.failure for answer in part.answers if answer.failure)
        self._made_by.update(answer.completion.made_by or "not known" for answer in given)
        self._malformed += part.malformed
        self._add_texts(given)

    def summary(self, answered: NDArray[np.bool_], flags: tuple[FlagShare, ...]) -> SystemSummary:
        """Give the counts.

        Args:
            answered: which of its answers there are, shape (draws, samples).
            flags: of its raw texts.
        """
        system = self._system
        return SystemSummary(
            system=system.name,
            model=system.model,
            variant=system.variant,
            decoding=system.decoding.name,
            pipeline=system.pipeline,
            n=answered.shape[1],
            draws=len(answered),
            unscored=int((~answered.any(axis=0)).sum()),
            failed=self._statuses["failed"],
            empty=self._statuses["empty"],
            declined=dict(self._declined.most_common()),
            unapplied=dict(self._unapplied.most_common()),
            truncated=self._truncated,
            changed=self._changed,
            changed_by=dict(self._changed_by.most_common()),
            flags=flags,
            malformed=self._malformed,
            reasons=dict(self._reasons.most_common()),
            made_by=dict(self._made_by.most_common()),
            control=system.control,
            control_of=system.control_of,
        )

    def texts(self) -> TextsSummary:
        """Describe what the system wrote: functions of all its texts together, no intervals."""
        shows, texts = bool(self._variant.exemplar_answers), self._texts
        variety = self._variety
        return TextsSummary(
            system=self._system.name,
            same_as_exemplar=self._copied / texts if shows and texts else None,
            words=variety.words / texts if variety and texts else None,
            vocabulary=variety.vocabulary if variety else None,
            distinct_1=variety.distinct_1 if variety else None,
            distinct_2=variety.distinct_2 if variety else None,
            overlong=self._overlong if variety else None,
        )

    def _add_texts(self, given: Sequence[Answer]) -> None:
        written = [answer.text for answer in given]
        self._texts += len(written)
        if self._variant.exemplar_answers:
            shown = [self._variant.answers_shown(answer.sample.id) for answer in given]
            self._copied += count_copied(written, shown)
        if self._variety is None:
            return
        try:
            tokens = self._tools.tokenize(written)
        except MetricError:
            self._variety = None
            return
        table = self._tools.ngrams
        rows = table.rows(tokens)
        self._variety.add(table, rows)
        self._overlong += int((table.lengths(rows) > METEOR_WORDS).sum())
