"""A run's numbers → pandas data frames, to go on with in a notebook."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from harness.records import Comparison, RunSummary, SampleScores


def score_frame(scores: Sequence[SampleScores], metrics: Sequence[str]) -> pd.DataFrame:
    """Lay out the scores of single samples.

    Args:
        scores: of a run.
        metrics: the columns, in their order.

    Returns:
        A row a system and sample (its index), a column a metric; NaN where one does not apply.
    """
    import pandas as pd

    long = pd.DataFrame(
        {
            "system": [column.system for column in scores for _ in column.values],
            "sample_id": [sample_id for column in scores for sample_id in column.sample_ids],
            "metric": [column.metric for column in scores for _ in column.values],
            "value": [value for column in scores for value in column.values],
        }
    )
    wide = long.pivot_table(
        index=["system", "sample_id"], columns="metric", values="value", sort=False
    )
    return wide.reindex(columns=list(metrics))


def result_frame(summary: RunSummary) -> pd.DataFrame:
    """Lay out the scores of systems: a row a system and metric (its index).

    Columns: value, low and high (the ends of the 95 % interval), n_scored, n_unscored, units,
    signature; what is not known is missing.
    """
    import pandas as pd

    rows = [
        {
            "system": result.system,
            "metric": result.metric,
            "value": result.value,
            "low": result.interval[0] if result.interval else None,
            "high": result.interval[1] if result.interval else None,
            "n_scored": result.n_scored,
            "n_unscored": result.n_unscored,
            "units": result.units,
            "signature": result.signature.long(),
        }
        for result in summary.results
    ]
    frame = pd.DataFrame(rows).set_index(["system", "metric"])
    return frame.astype({"value": float, "low": float, "high": float, "units": "Int64"})


def pair_frame(pairs: Iterable[Comparison]) -> pd.DataFrame:
    """Lay out comparisons: a row a metric and pair (its index), a column a field.

    ``low`` and ``high`` are the ends of the interval.
    """
    import pandas as pd

    rows = []
    for pair in pairs:
        fields = asdict(pair)
        fields["low"], fields["high"] = fields.pop("interval") or (None, None)
        rows.append(fields)
    return pd.DataFrame(rows).set_index(["metric", "candidate", "baseline"])
