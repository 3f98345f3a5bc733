"""Ideas averaged over their wordings: the mean, the band, and what is within it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from harness.pipeline.reading.wordings import ideas
from harness.records import Decoding as Way
from harness.records import (
    Idea,
    MetricResult,
    MetricSpec,
    RunSummary,
    Signature,
    System,
    SystemSummary,
    VariantRecord,
    WordingBand,
)
from harness.report.wording_table import WordingTable


def system(name, model="m"):
    facts = {"model": model, "variant": name, "decoding": "greedy", "n": 9, "draws": 1}
    counts = dict.fromkeys(("unscored", "failed", "empty", "truncated", "changed", "malformed"), 0)
    return SystemSummary(system=name, reasons={}, **facts, **counts)


def summary(scores, ideas=(), metric="BLEU_1", systems=None, uneven=()):
    results = [
        MetricResult(
            system=name, metric=metric, family="x", value=value, n_scored=9, n_unscored=0,
            signature=Signature(metric=metric, fields=()), interval=None,
        )
        for name, value in scores.items()
    ]  # fmt: skip
    return RunSummary(
        run="r", inputs=None, suite="s", dataset="d", baseline="a", specs=(MetricSpec(name="x"),),
        metrics=(metric,), systems=tuple(systems or map(system, scores)), texts=(),
        results=tuple(results), uneven=uneven, noise_floor=None, best_of={}, raw={},
        short_references=0, dropped={}, unknown_ids=(), reported=(), cost=None, ideas=tuple(ideas),
    )  # fmt: skip


@pytest.fixture
def told():
    """Lay out systems ``idea-wording``; give each idea's row."""

    def rows(scores, **options):
        variants = {
            name: VariantRecord(
                matrix="t", nuisance=("w",),
                axes={"idea": name.partition("-")[0], "w": name.partition("-")[2]},
            )
            if "-" in name
            else VariantRecord()
            for name in scores
        }  # fmt: skip
        way = Way(name="greedy", params={})
        systems = tuple(System(name=n, model="m", variant=n, decoding=way) for n in scores)
        run = SimpleNamespace(systems=systems, variants=variants)
        plain = summary(scores, **options)
        table = WordingTable.of(replace(plain, ideas=ideas(run, plain)))
        return table and {row[0]: row[1:] for row in table.rows}

    return rows


def test_the_mean_counts_each_wording_once_and_the_band_holds_all(told):
    rows = told({"a-1": 0.1, "a-2": 0.2, "a-3": 0.6, "b-1": 0.9, "b-2": 0.9, "b-3": 0.9})
    assert rows["t[idea=a]"] == ("3", "0.300 (0.100 – 0.600)")
    assert rows["t[idea=b]"] == ("3", "0.900 (0.900 – 0.900)")


@pytest.mark.parametrize(
    ("a", "b", "within"),
    [
        ((0.40, 0.50), (0.49, 0.51), True),  # 0.05 apart, and a's wordings 0.10
        ((0.44, 0.46), (0.45, 0.55), True),  # the best one's band counts too
        ((0.44, 0.46), (0.49, 0.51), False),  # 0.05 apart, bands of 0.02
        ((0.30, 0.40), (0.40, 0.50), True),  # as far as the band is wide
        ((0.50, 0.50), (0.50, 0.50), False),  # both are the best
    ],
)
def test_a_difference_no_larger_than_wordings_make_is_marked(told, a, b, within):
    rows = told({"a-1": a[0], "a-2": a[1], "b-1": b[0], "b-2": b[1]})
    assert ("≈" in rows["t[idea=a]"][1]) is within
    assert "≈" not in rows["t[idea=b]"][1]


def test_a_prompt_of_one_wording_is_held_against_the_ideas(told):
    rows = told({"plain": 0.45, "a-1": 0.40, "a-2": 0.56})
    assert rows["plain"] == ("1", "0.450≈")
    assert rows["t[idea=a]"] == ("2", "0.480 (0.400 – 0.560)")


def test_an_idea_that_lacks_a_score_has_no_mean(told):
    rows = told({"a-1": 0.4, "a-2": None, "b-1": 0.1, "b-2": 0.2})
    assert rows["t[idea=a]"] == ("2", "–")


def test_what_does_not_rank_is_not_marked(told):
    scores = {"a-1": 0.4, "a-2": 0.5, "b-1": 0.5, "b-2": 0.5}
    assert "≈" not in str(told(scores, metric="LENGTH_RATIO"))
    assert "≈" not in str(told(scores, uneven=("BLEU_1",)))
    assert "≈" in str(told(scores))


def test_there_is_no_table_without_wordings(told):
    assert told({"plain": 0.4, "title": 0.5}) is None
    assert told({"a-1": 0.4, "b-1": 0.5}) is None


def test_ideas_are_held_against_those_of_their_model_and_decoding():
    scores = {"m1/a": 0.1, "m1/b": 0.3, "m2/a": 0.9, "m2/b": 0.91}
    systems = [system(name, model=name[:2]) for name in scores]
    bands = {"m1": (0.2, 0.1, 0.3), "m2": (0.905, 0.9, 0.91)}
    found = [
        Idea(
            name=f"{model}/t",
            systems=(f"{model}/a", f"{model}/b"),
            bands={"BLEU_1": WordingBand(mean=mean, low=low, high=high)},
        )
        for model, (mean, low, high) in bands.items()
    ]
    table = WordingTable.of(summary(scores, found, systems=systems))
    assert not any("≈" in row[2] for row in table.rows)


def test_a_name_is_a_systems_without_the_nuisance_axes():
    way = Way(name="greedy", params={})
    variant = VariantRecord(matrix="t", axes={"tone": "x", "w": "1"}, nuisance=("w",))
    only = VariantRecord(matrix="t", axes={"w": "1"}, nuisance=("w",))
    for name, parts, record, expected in (
        ("t[tone=x,w=1]", "{}", variant, "t[tone=x]"),
        ("t[tone=x,w=1]", "m/{}/greedy", variant, "m/t[tone=x]/greedy"),
        ("t[tone=x,w=1]", "{}/greedy", variant, "t[tone=x]/greedy"),
        ("t[w=1]", "m/{}", only, "m/t"),
    ):
        one = System(name=parts.format(name), model="m", variant=name, decoding=way)
        run = SimpleNamespace(systems=(one,), variants={name: record})
        [idea] = ideas(run, summary({one.name: 0.5}))
        assert idea.name == expected
