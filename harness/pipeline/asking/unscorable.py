"""A suite's metrics + its samples → which cannot be computed, whatever is going to be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import MetricError
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.config.problems import Problems
    from harness.records import Sample, Suite


def refuse_unscorable(
    suite: Suite, samples: Sequence[Sample], problems: Problems, *, part: bool = False
) -> list[str]:
    """Gather the metrics that these samples do not let compute.

    Args:
        suite: with metrics that there are.
        samples: those that are going to be asked about; their images do not matter.
        problems: takes what is wrong.
        part: whether they are some of the dataset's, as by ``--limit``. Then it is wrong only where
            not one metric is left.

    Returns:
        What is to be said where the others can be computed.
    """
    found = list(_unscorable(suite, samples))
    if part and len(found) < len(suite.metrics):
        return [f"the metric {error.message}" for error in found]
    problems.add(found)
    return []


def _unscorable(suite: Suite, samples: Sequence[Sample]) -> Iterator[MetricError]:
    with ScoringTools(tokenizer="none") as tools:
        for i, spec in enumerate(suite.metrics):
            if spec.kind != "own":
                continue
            try:
                create(spec, tools).check_samples(samples)
            except MetricError as error:
                message = f"'{spec.name}' cannot be computed: {error.message}"
                where = suite.where.get(f"metrics.{i}")
                yield MetricError(message, where=where, hint=error.hint)
