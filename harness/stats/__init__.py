"""How sure a score is, and whether two differ: arrays in, intervals and p-values out.

Pure and seeded. It knows no record, metric or file: a metric comes as a matrix of sufficient
statistics, a row a sample, and a function that turns summed rows into scores. ``resampling`` draws,
``inference`` tells intervals and paired tests, ``decisions`` what follows from many of them.
"""

from harness.stats.decisions import holm, rank_bands, samples_needed, smallest_difference
from harness.stats.inference import (
    Estimate,
    Interval,
    Noise,
    PairComparison,
    bca_interval,
    compare,
    estimate,
    percentile_interval,
)
from harness.stats.resampling import (
    REPLICATES,
    Aggregate,
    bootstrap,
    jackknife,
    resample_weights,
    sum_rows,
    swap_weights,
    swapped_differences,
)

__all__ = [
    "REPLICATES",
    "Aggregate",
    "Estimate",
    "Interval",
    "Noise",
    "PairComparison",
    "bca_interval",
    "bootstrap",
    "compare",
    "estimate",
    "holm",
    "jackknife",
    "percentile_interval",
    "rank_bands",
    "resample_weights",
    "samples_needed",
    "smallest_difference",
    "sum_rows",
    "swap_weights",
    "swapped_differences",
]
