"""Results that a run keeps from an earlier scoring → whether they still mean what new ones mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import MetricError
from harness.metrics.registry import create
from harness.scores import evaluate_fields, signature_of, signatures

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from harness.metrics.tools import ScoringTools
    from harness.records import Difference, MetricSpec, RunSummary, Sample


def kept_otherwise(
    kept: RunSummary,
    labels: Collection[str],
    samples: Sequence[Sample],
    tools: ScoringTools,
    mended: Sequence[str] = (),
) -> list[str]:
    """Say which results that stay were computed otherwise than they would be now, and in what.

    Args:
        kept: the summary that they stand in.
        labels: of the metrics that stay.
        samples: those of the run.
        tools: the run's tokeniser; nothing is started.
        mended: the steps by which references were mended.

    Returns:
        One sentence, or none.
    """
    now = {
        spec.label: fields
        for spec in kept.specs
        if spec.label in labels and (fields := _fields(spec, samples, tools, mended)) is not None
    }
    columns: dict[tuple[Difference, ...], dict[str, None]] = {}
    for result in kept.results:
        if result.family in now and result.value is not None:
            wanted = signature_of(result.metric, now[result.family])
            found = result.signature.differences(wanted).computed
            if found:
                columns.setdefault(found, {})[result.metric] = None
    if not columns:
        return []
    told = "; ".join(
        f"{', '.join(names)} in {', '.join(map(str, found))}" for found, names in columns.items()
    )
    return [
        f"kept from an earlier scoring, and computed otherwise than now: {told}; "
        "'harness score' on the run without --metric computes all anew"
    ]


def _fields(
    spec: MetricSpec, samples: Sequence[Sample], tools: ScoringTools, mended: Sequence[str]
) -> Mapping[str, str] | None:
    """Say how a metric would be computed now; None where it is not to be had here."""
    try:
        if spec.kind == "evaluate":
            return evaluate_fields(spec, samples, mended)
        return signatures({spec.label: create(spec, tools)}, samples, mended)[spec.label]
    except MetricError:
        return None
