"""What of a comparison table is shown, in which order, and how it is marked."""

import pytest

from harness.errors import MetricError
from harness.records import Comparison
from harness.report.marks import Marks
from harness.report.table_layout import droppable, laid_out
from harness.report.tables import ComparisonTable, Row


def row(name, *values, half=0.03, n=100, unscored=0, **more):
    ends = tuple((value - half, value + half) for value in values)
    return Row(system=name, n=n, unscored=unscored, values=values, intervals=ends, **more)


def pair(candidate, metric, delta, *, verdict="told apart", confirmatory=False, family=3):
    return Comparison(
        metric=metric, baseline="a", candidate=candidate, baseline_value=0.5,
        candidate_value=0.5 + delta, delta=delta, verdict=verdict, reason=None,
        confirmatory=confirmatory, family=family, interval=(delta - 0.05, delta + 0.05),
        p_value=0.01, p_single=0.01, smallest=0.1, share=False, unit_sd=0.1, bar=2.0, rough=False,
        margin=None, needed=None, wins=5, ties=1, losses=1, n_paired=7, units=7,
        exchanges=10_000, seed=0,
    )  # fmt: skip


def marks(*pairs, letters=None, deciding="Y", baselines=None):
    return Marks(
        deciding=deciding, verdict="b beats a: Y +0.3", below="unlikely", baseline="a",
        baselines=baselines or {"b": "a", "c": "a"},
        pairs={(each.candidate, each.metric): each for each in pairs}, letters=letters or {},
    )  # fmt: skip


def table(*rows, metrics=("X", "Y"), **more):
    return ComparisonTable(metrics=metrics, rows=rows, notes=(), **more)


def test_the_metric_that_decides_stands_first():
    shown = laid_out(table(row("a", 0.1, 0.2), marks=marks()))
    assert shown.metrics == ("Y", "X")
    assert [value.text for value in shown.lines[0].values] == ["0.20", "0.10"]


def test_counts_are_a_sentence_where_they_tell_nothing_and_columns_where_they_do():
    alike = laid_out(table(row("a", 0.1, 0.2), row("b", 0.1, 0.3)))
    assert (alike.counts, alike.counted) == ((), "100 samples, all scored")
    clustered = laid_out(table(row("a", 0.1, 0.2, units=20)))
    assert clustered.counted == "100 samples in 20 clusters, all scored"
    for other in (row("b", 0.1, 0.3, n=90), row("b", 0.1, 0.3, unscored=3)):
        shown = laid_out(table(row("a", 0.1, 0.2), other))
        assert (shown.counts, shown.counted) == (("n", "unscored"), "")
        assert shown.lines[0].counts == ("100", "0")
    every = laid_out(table(row("a", 0.1, 0.2, unscored=3), row("b", 0.1, 0.2, unscored=3)))
    assert every.counts == ("n", "unscored")


def test_controls_stand_under_their_system_and_alone_where_it_is_not_there():
    rows = (
        row("a", 0.1, 0.2),
        row("b", 0.1, 0.2),
        row("a{grey}", 0.1, 0.2, under="a", control=True, label="{grey}"),
        row("c{grey}", 0.1, 0.2, under="c", control=True, label="{grey}"),
    )
    shown = laid_out(table(*rows))
    assert [(line.name, line.under) for line in shown.lines] == [
        ("a", False), ("a{grey}", True), ("b", False), ("c{grey}", False)
    ]  # fmt: skip


def test_reported_figures_are_apart_with_the_metrics_that_they_have():
    none = (None, None)
    paper = Row(
        system="paper", n=None, unscored=None, values=(None, 0.5), intervals=(none,) * 2,
        reported=True,
    )  # fmt: skip
    shown = laid_out(table(row("a", 0.1, 0.2), paper))
    assert [line.name for line in shown.lines] == ["a"]
    assert shown.reported_metrics == ("Y",)
    assert [value.text for value in shown.reported[0].values] == ["0.500"]


def test_marks_say_the_side_and_whether_it_was_declared():
    tested = marks(
        pair("b", "Y", 0.3, confirmatory=True, family=2),
        pair("c", "Y", -0.3, confirmatory=True, family=2),
        pair("b", "X", 0.3),
        pair("c", "X", 0.01, verdict="not told apart"),
    )
    rows = (row("a", 0.5, 0.5), row("b", 0.8, 0.8), row("c", 0.5, 0.2))
    shown = laid_out(table(*rows, marks=tested))
    assert [[value.mark for value in line.values] for line in shown.lines] == [
        ["", ""], ["▲", "△"], ["▼", ""]
    ]  # fmt: skip
    assert shown.legend == (
        "▲ higher, ▼ lower than a, unlikely to be chance (over 2 declared comparisons)",
        "△ higher than a, unlikely to be chance (over 3 exploratory comparisons)",
    )
    alone = laid_out(table(*rows, marks=tested), ["X"])
    assert alone.legend == (
        "△ higher than a, unlikely to be chance (over 3 exploratory comparisons)",
    )


def test_where_each_model_has_its_baseline_the_legend_says_whose():
    tested = marks(pair("b", "Y", 0.3), baselines={"b": "m/a", "c": "n/a"})
    [line] = laid_out(table(row("b", 0.1, 0.8), marks=tested)).legend
    assert "than a of the same model and decoding" in line


def test_letters_stand_on_the_deciding_metric_where_they_tell_something():
    rows = (row("a", 0.5, 0.5), row("b", 0.8, 0.8))
    held = {"Y": {"a": "b", "b": "a"}, "X": {"a": "b", "b": "a"}}
    shown = laid_out(table(*rows, marks=marks(letters=held)))
    assert [[value.band for value in line.values] for line in shown.lines] == [
        ["b", ""], ["a", ""]
    ]  # fmt: skip
    assert shown.legend == ("letters on Y: who shares one is not told apart",)
    alike = laid_out(table(*rows, marks=marks(letters={"Y": {"a": "a", "b": "a"}})))
    assert {value.band for line in alike.lines for value in line.values} == {""}


def test_what_is_told_apart_is_not_printed_alike():
    rows = (row("a", 0.5, 0.5), row("b", 0.5, 0.504))
    plain = laid_out(table(*rows))
    assert [line.values[1].text for line in plain.lines] == ["0.50", "0.50"]
    shown = laid_out(table(*rows, marks=marks(pair("b", "Y", 0.004))))
    assert [line.values[0].text for line in shown.lines] == ["0.500", "0.504"]
    assert [line.values[0].best for line in shown.lines] == [False, True]


def test_columns_give_way_in_a_stated_order():
    metrics = ("BLEU_1", "BLEU_2", "BLEU_4", "ROUGE_L", "CIDEr")
    families = dict.fromkeys(metrics[:3], "bleu") | {"ROUGE_L": "rouge_l", "CIDEr": "cider"}
    full = table(row("a", *[0.1] * 5), metrics=metrics, families=families)
    order = ("CIDEr", "BLEU_1", "BLEU_2", "BLEU_4", "ROUGE_L")
    assert droppable(full, order) == ["BLEU_1", "BLEU_2", "ROUGE_L", "BLEU_4"]


def test_a_metric_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(MetricError, match="no metric 'BLEU1'") as refused:
        laid_out(table(row("a", 0.1, 0.2), metrics=("BLEU_1", "Y")), ["BLEU1"])
    assert refused.value.hint == "did you mean 'BLEU_1'?"
