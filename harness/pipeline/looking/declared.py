"""A suite → the line that says what it declares, or how it would."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.config.problems import Problems
from harness.metrics.registry import columns_given, ranked
from harness.pipeline.asking.declaring import comparisons
from harness.pipeline.asking.refusals import refuse_decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.records import Decision, Suite, System

_USUAL = ("CIDEr", "METEOR", "ROUGE_L")
"""What is proposed: the first of these that a suite computes, else its first column that ranks."""
_PLAIN = re.compile(r"(?!(?i:y|n|yes|no|on|off|true|false|null)$)[A-Za-z][\w-]*$", re.ASCII)
"""A word that YAML reads as itself."""


def declared(suite: Suite, replayed: Sequence[System] = ()) -> Iterator[str]:
    """Say, behind a suite's name, what it declares; nothing where it has one system.

    Nothing either where what it declares cannot decide: that is refused.

    Args:
        suite: as it is written.
        replayed: the systems of its files of predictions.
    """
    count = comparisons(suite, replayed)
    problems = Problems()
    refuse_decision(suite, problems)
    if problems.all:
        return
    if suite.decide:
        yield _declares(suite.decide, count)
    elif count:
        column = _proposed(suite)
        how = (
            f"to declare, add this line to suite.yaml before it is run: {_line(suite, column)}"
            if column
            else "none of its metrics can decide; add one that can, such as cider, and declare it"
        )
        yield f"declares no comparison, so its verdicts will be exploratory; {how}"


def _declares(decide: Decision, count: int) -> str:
    margins = decide.margins
    none = " (no margin)" if margins else ""
    metrics = [f"{m} (margin {margins[m]:g})" if m in margins else m + none for m in decide.metrics]
    shown = " and ".join(filter(None, (", ".join(metrics[:-1]), metrics[-1])))
    against = f" with '{decide.baseline}'" if decide.baseline else " of all pairs of systems"
    tests = count * len(metrics)
    plural = "" if tests == 1 else "s"
    each = f", {count} each" if len(metrics) > 1 else ""
    return f"declares {tests} comparison{plural}{against}{each} on {shown}"


def _proposed(suite: Suite) -> str | None:
    columns = [column for column in columns_given(suite.metrics) if ranked(column)]
    return next((c for c in _USUAL if c in columns), columns[0] if columns else None)


def _line(suite: Suite, column: str) -> str:
    """Write the line that declares the usual: a metric, and each variant beside the baseline."""
    name = suite.baseline
    if not _PLAIN.match(name):
        name = "'{}'".format(name.replace("'", "''"))
    baseline = f", baseline: {name}" if len(suite.variants) > 1 else ""
    return f"decide: {{metric: {column}{baseline}}}"
