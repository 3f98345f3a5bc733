"""A run's declaration and its numbers → the metric that decides, and what cannot be decided.

Nothing takes the place of a declared comparison that has no value: what that is, and why, is said,
and all other comparisons are what they are without a declaration, exploratory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import MetricError
from harness.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from harness.metrics.metric import Metric
    from harness.records import RunRecord, RunSummary

DECIDING = ("CIDEr", "METEOR", "ROUGE_L")
"""The metric that a verdict is about where none is declared or named: the first of these that was
scored. CIDEr weighs the words that tell one dish from another."""
NAMED = 3
"""Systems without a value that are named; of more it is said how many."""
_HINT = "--metric names another, on which nothing was declared"


def deciding_column(
    metrics: Mapping[str, Metric],
    run: RunRecord,
    name: str | None,
    differing: Collection[str],
) -> str:
    """Find the column that decides; one that is declared may have no value in the run.

    Args:
        metrics: what the run has, by label.
        run: what it declares.
        name: of a column; None: the first of those declared that has a value, else the first that
            is declared, else the first of DECIDING that tells systems apart.
        differing: columns on which the systems differ at all.

    Raises:
        MetricError: the run has no metric of this name, or none at all.
    """
    columns = [column for metric in metrics.values() for column in metric.columns]
    if not columns:
        raise MetricError("no metric could be computed in this run", hint="its table says why")
    if name is not None:
        if name not in columns:
            raise MetricError(f"the run has no metric '{name}'", hint=nearest(name, columns))
        return name
    if run.decide:
        declared = run.decide.metrics
        return next((column for column in declared if column in columns), declared[0])
    # One that is the same for everybody, as CIDEr is where all references are, decides nothing.
    ordered = [*(known for known in DECIDING if known in columns), *columns]
    return next((known for known in ordered if known in differing), ordered[0])


def concluded_columns(run: RunRecord, deciding: str) -> tuple[str, ...]:
    """Give the columns of which sentences tell: all that a run declares, the deciding one first.

    One that is declared may have no value in the run.
    """
    declared = run.decide.metrics if run.decide else ()
    return (deciding, *(column for column in declared if column != deciding))


def declared_pairs(run: RunRecord) -> frozenset[frozenset[str]]:
    """Give the systems of each pair that a run declares, if it names a baseline."""
    decide = run.decide
    if decide is None or decide.not_applicable or decide.baseline is None:
        return frozenset()
    return frozenset(map(frozenset, decide.pairs(run.systems)))


def chosen_metric(
    metrics: Mapping[str, Metric],
    run: RunRecord,
    summary: RunSummary,
    name: str | None,
    differing: Collection[str],
) -> tuple[str, str]:
    """Find the column that decides, as ``deciding_column``, and its metric's label.

    Raises:
        MetricError: there is no such metric, or none at all; or the declared one has no value.
    """
    column = deciding_column(metrics, run, name, differing)
    labels = {column: label for label, metric in metrics.items() for column in metric.columns}
    if column not in labels:
        raise no_value(summary, column)
    return labels[column], column


def no_value(summary: RunSummary, column: str) -> MetricError:
    """Make the error of asking for what is declared and has no value."""
    return MetricError(valueless(summary, column), hint=_HINT)


def valueless(summary: RunSummary, column: str) -> str:
    """Say of a declared column that nobody has a value of it, and why."""
    reasons = (r.missing for r in summary.results if r.metric == column and r.missing)
    reason = next(reasons, "it was not computed")
    return f"{column}, which the suite declares, has no value in this run: {reason}"


def undecided(
    run: RunRecord, summary: RunSummary, tested: Collection[tuple[str, frozenset[str]]] = ()
) -> list[str]:
    """Say which comparisons of those declared cannot be made, and why.

    Args:
        run: what it declares. That its systems are not those declared is said elsewhere.
        summary: its numbers.
        tested: columns and pairs that have been compared.
    """
    decide = run.decide
    if decide is None or decide.not_applicable:
        return []
    return [
        text
        for column in decide.metrics
        for text in _undecided(summary, column, decide.pairs(run.systems), tested)
    ]


def decides(run: RunRecord, column: str, tested: Collection[tuple[str, frozenset[str]]]) -> bool:
    """Tell whether a column has a pair to decide on: where pairs are declared, one of those."""
    decide = run.decide
    if decide is None or decide.not_applicable or column not in decide.metrics:
        return True
    return any((column, frozenset(pair)) in tested for pair in decide.pairs(run.systems))


def _undecided(
    summary: RunSummary,
    column: str,
    pairs: Sequence[tuple[str, str]],
    tested: Collection[tuple[str, frozenset[str]]],
) -> Iterator[str]:
    lacking = [pair for pair in pairs if (column, frozenset(pair)) not in tested]
    if not lacking:
        return
    missing = {r.system: r.missing for r in summary.results if r.metric == column}
    valued = {r.system for r in summary.results if r.metric == column and r.value is not None}
    if not valued:
        yield valueless(summary, column)
        return
    which = "the declared comparison" if len(pairs) == 1 else "the declared comparisons"
    if len(lacking) < len(pairs):
        which = f"{len(lacking)} of the {len(pairs)} declared comparisons"
    silent = [s for s in dict.fromkeys(sum(lacking, ())) if s not in valued]
    apart = [pair for pair in lacking if valued.issuperset(pair)]
    why = [f"{name} has no value ({missing.get(name) or 'no reason was given'})" for name in silent]
    why += [f"{one} and {other} have no sample in common" for one, other in apart]
    more = f"; and {len(why) - NAMED} more" if len(why) > NAMED else ""
    yield f"{which} on {column} cannot be made: {'; '.join(why[:NAMED])}{more}"


def differing(summary: RunSummary, systems: Sequence[str]) -> set[str]:
    """Give the metrics on which these systems do not all print the same."""
    values: dict[str, set[float]] = {}
    for result in summary.results:
        if result.system in systems and result.value is not None:
            values.setdefault(result.metric, set()).add(round(result.value, 4))
    return {metric for metric, different in values.items() if len(different) > 1}
