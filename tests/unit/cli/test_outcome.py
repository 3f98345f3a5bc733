"""Which summaries are a failure, and what is said of them (found 2026-11-25)."""

import pytest
import typer

from harness.cli.outcome import exit_by
from harness.records import MetricResult, RunSummary, Signature, SystemSummary


def summary(unscored, missing=None):
    counts = dict.fromkeys(("failed", "empty", "truncated", "changed", "malformed"), 0)
    systems = tuple(
        SystemSummary(
            system=f"s{i}",
            model="m",
            variant="v",
            decoding="greedy",
            n=4,
            draws=1,
            unscored=count,
            reasons={"HTTP 501": count},
            **counts,
        )
        for i, count in enumerate(unscored)
    )
    results = tuple(
        MetricResult(
            system=system.system,
            metric=metric,
            family=metric.lower(),
            value=None if metric in (missing or {}) or system.unscored == 4 else 0.5,
            n_scored=4,
            n_unscored=0,
            signature=Signature(metric=metric, fields=(("tok", "none"),)),
            missing=(missing or {}).get(metric),
        )
        for system in systems
        for metric in ("CIDEr", "METEOR")
    )
    return RunSummary(
        run="r",
        inputs=None,
        suite="suite",
        dataset="dishes",
        baseline="v",
        specs=(),
        metrics=("CIDEr", "METEOR"),
        systems=systems,
        texts=(),
        results=results,
        noise_floor=None,
        best_of={},
        raw={},
        short_references=0,
        dropped={},
        unknown_ids=(),
        reported=(),
        cost=None,
    )


@pytest.mark.parametrize("unscored", [(0, 0), (3, 1)])
def test_some_answers_of_everybody_are_enough(unscored, capsys):
    exit_by(summary(unscored), allow_failures=False)
    assert capsys.readouterr().err == ""


def test_a_system_without_any_answer_is_a_failure_with_its_reason(capsys):
    with pytest.raises(typer.Exit) as ended:
        exit_by(summary((4, 0)), allow_failures=False)
    assert ended.value.exit_code == 1
    assert "error: s0 has no answer at all: HTTP 501" in capsys.readouterr().err
    exit_by(summary((4, 0)), allow_failures=True)


def test_where_nobody_answers_metrics_are_not_complained_of_too(capsys):
    with pytest.raises(typer.Exit):
        exit_by(summary((4, 4)), allow_failures=False)
    err = capsys.readouterr().err
    assert err.count("has no answer at all") == 2
    assert "METEOR" not in err


def test_a_metric_that_nobody_has_is_a_failure_with_its_reason(capsys):
    with pytest.raises(typer.Exit):
        exit_by(summary((0, 1), {"METEOR": "there is no Java"}), allow_failures=False)
    assert "error: no METEOR: there is no Java" in capsys.readouterr().err
    exit_by(summary((0, 1), {"METEOR": "there is no Java"}), allow_failures=True)
