"""How sure a score is, and whether two differ: arrays in, intervals and p-values out.

Pure and seeded. It knows no record, metric or file: a metric comes as a matrix of sufficient
statistics, a row a sample, and a function that turns summed rows into scores. ``rows`` makes
pseudo-values of them, so that every score is a mean over independent units; ``intervals`` says how
sure one score is, ``family`` which differences can be told apart (``exchanges`` tosses its coins,
``difference`` concludes each), ``letters`` how systems stand to each other, ``power`` what a run
to come can show, ``components`` what varies from draw to draw, ``chance_gain`` what the best of
many gains by having been chosen, ``ladder`` which gain is more than that, ``rare_losses`` how
much worse a system may be that hardly differs, ``pooling`` how much of a slice's difference to
believe, ``metric_agreement`` whether metrics agree, ``digits`` how many decimals a number deserves.
"""

from harness.stats.chance_gain import chance_gain, expected_maximum
from harness.stats.components import noise_floor, unit_components
from harness.stats.difference import Difference
from harness.stats.digits import MOST_DIGITS, USUAL_DIGITS, digits_for
from harness.stats.exchanges import EXCHANGES, exchange_signs
from harness.stats.family import Block, Family, tell_apart
from harness.stats.intervals import (
    ALPHA,
    FEWEST_CARRIERS,
    FEWEST_UNITS,
    TOO_FEW_MATCHES,
    TOO_FEW_UNITS,
    Estimate,
    Interval,
    estimate,
    unit_sizes,
    within,
)
from harness.stats.ladder import smallest_shown
from harness.stats.letters import letters
from harness.stats.metric_agreement import Tally, rank_correlation, tally
from harness.stats.pooling import FEWEST as FEWEST_POOLED
from harness.stats.pooling import Pooled, pool_slices
from harness.stats.power import (
    MOST_UNITS,
    Reach,
    noise_of,
    planned_bar,
    reach,
    smallest_difference,
    units_needed,
)
from harness.stats.rare_losses import least_difference, units_for_least
from harness.stats.rows import (
    Aggregate,
    aggregated,
    are_shares,
    carriers,
    jackknife,
    pseudo_values,
    sum_rows,
)

__all__ = [
    "ALPHA",
    "EXCHANGES",
    "FEWEST_CARRIERS",
    "FEWEST_POOLED",
    "FEWEST_UNITS",
    "MOST_DIGITS",
    "MOST_UNITS",
    "TOO_FEW_MATCHES",
    "TOO_FEW_UNITS",
    "USUAL_DIGITS",
    "Aggregate",
    "Block",
    "Difference",
    "Estimate",
    "Family",
    "Interval",
    "Pooled",
    "Reach",
    "Tally",
    "aggregated",
    "are_shares",
    "carriers",
    "chance_gain",
    "digits_for",
    "estimate",
    "exchange_signs",
    "expected_maximum",
    "jackknife",
    "least_difference",
    "letters",
    "noise_floor",
    "noise_of",
    "planned_bar",
    "pool_slices",
    "pseudo_values",
    "rank_correlation",
    "reach",
    "smallest_difference",
    "smallest_shown",
    "sum_rows",
    "tally",
    "tell_apart",
    "unit_components",
    "unit_sizes",
    "units_for_least",
    "units_needed",
    "within",
]
