"""Effects of a matrix: which systems are weighed how, and what is said where the truth is known."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from harness.contrast import (
    Design,
    MeasuredMetric,
    Placed,
    effect_sentence,
    effect_sentences,
    effects,
    ordered_levels,
    planned,
)
from harness.metrics.bare_texts import answers_of
from harness.metrics.caption import Bleu, RougeL
from harness.metrics.tools import ScoringTools
from harness.records import Resampling
from harness.report.effect_picture import effects_svg

FEW = Resampling(replicates=499, seed=2)
TOOLS = ScoringTools(tokenizer="none")


def design(levels, *, excluded=(), nuisance=(), models=("m",)):
    """A matrix with axes a, b … of so many levels; its systems in the order of expansion."""
    axes = {"abcd"[i]: tuple(f"{'abcd'[i]}{k}" for k in range(n)) for i, n in enumerate(levels)}
    cells = [at for at in product(*axes.values()) if at not in excluded]
    systems = tuple(
        Placed(system=i, levels=dict(zip(axes, at, strict=True)), model=model, decoding="greedy")
        for i, (model, at) in enumerate(product(models, cells))
    )
    return Design(matrix="title", axes=axes, nuisance=frozenset(nuisance), systems=systems)


def weights(effect):
    return {
        system: effect.high.get(system, 0) - effect.low.get(system, 0) for system in effect.systems
    }


def means(scores):
    """ROUGE_L's statistics of samples with these scores, shape (systems, n)."""
    scores = np.asarray(scores, dtype=float)
    statistics = np.stack([scores, np.ones_like(scores)], axis=-1)
    return MeasuredMetric(
        metric=RougeL(TOOLS), statistics=statistics, scored=np.ones(scores.shape, dtype=bool)
    )


def test_main_effects_and_interactions_of_two_by_two():
    one, other, both = planned(design((2, 2)))[0]  # systems: a0b0 a0b1 a1b0 a1b1
    assert weights(one) == {0: -0.5, 1: -0.5, 2: 0.5, 3: 0.5}
    assert weights(other) == {0: -0.5, 1: 0.5, 2: -0.5, 3: 0.5}
    assert weights(both) == {0: 1.0, 1: -1.0, 2: -1.0, 3: 1.0}
    assert (both.axes, both.levels, both.against) == (("a", "b"), ("a1", "b1"), ("a0", "b0"))


def test_each_level_stands_against_the_first():
    found, _ = planned(design((3, 2)))
    assert [(e.levels, e.against) for e in found] == [
        (("a1",), ("a0",)),
        (("a2",), ("a0",)),
        (("b1",), ("b0",)),
        (("a1", "b1"), ("a0", "b0")),
        (("a2", "b1"), ("a0", "b0")),
    ]


def test_what_is_excluded_takes_its_partner_out_of_an_effect_and_nothing_else():
    found, lacking = planned(design((2, 2, 2), excluded={("a0", "b0", "c0")}))
    assert not lacking
    main = found[0]  # systems: 0 a0b0c1, 1 a0b1c0, 2 a0b1c1, 3 a1b0c0, 4 a1b0c1, 5 …c0, 6 …c1
    assert (main.combinations, main.possible) == (3, 4)
    third = pytest.approx(1 / 3)
    assert weights(main) == {4: third, 5: third, 6: third, 0: -third.expected, 1: -third.expected,
                             2: -third.expected}  # fmt: skip


def test_what_no_combination_holds_is_said():
    found, lacking = planned(design((2, 2), excluded={("a1", "b1")}))
    assert [e.axes for e in found] == [("a",), ("b",)]
    assert lacking == [
        "a × b: a1, b1: no combination of the other choices has all levels that it takes"
    ]
    _, lacking = planned(design((2, 1)))
    assert lacking == ["b: all systems of title have the level b0"]


def test_wording_stands_apart_and_models_are_averaged_and_told_alone():
    found, _ = planned(design((2, 2), nuisance={"b"}, models=("m", "n")))
    assert [(e.axes, e.wording, e.model) for e in found] == [
        (("a",), False, None),
        (("b",), True, None),
        (("a", "b"), True, None),
        (("a",), False, "m"),
        (("a",), False, "n"),
    ]
    assert set(weights(found[0])) == set(range(8))
    assert set(weights(found[3])) == set(range(4))
    assert found[0].combinations == 4


def test_levels_keep_the_order_of_the_file_where_the_first_combination_is_excluded():
    rows = [{"a": a, "b": b} for a in ("x", "y") for b in ("short", "long")][1:]
    assert ordered_levels(["a", "b"], rows) == {"a": ["x", "y"], "b": ["short", "long"]}
    muddled = [rows[1], rows[0], rows[2], rows[1]]
    assert set(ordered_levels(["a", "b"], muddled)["b"]) == {"short", "long"}


def test_an_effect_is_counted_on_the_samples_that_its_systems_have():
    random = np.random.default_rng(1)
    scores = random.random((4, 60))
    scores[2:] += 0.5
    measured = means(scores)
    measured.scored[0, :10] = False
    measured.statistics[0, :10] = 1e9  # what stands there must not matter
    a, b, both = effects([measured], planned(design((2, 2)))[0], resampling=FEW)
    kept = scores[:, 10:]
    assert a.n_paired == b.n_paired == both.n_paired == 50
    assert a.estimate == pytest.approx((kept[2:] - kept[:2]).mean())
    assert a.parts == pytest.approx((kept[:2].mean(), kept[2:].mean()))
    assert both.estimate == pytest.approx((kept[3] - kept[2] - kept[1] + kept[0]).mean())
    assert a.verdict == "told apart"
    assert b.verdict == both.verdict == "not told apart"
    assert b.interval[0] < b.estimate < b.interval[1]


def test_interval_p_value_and_verdict_are_one_event():
    random = np.random.default_rng(4)
    plan = planned(design((2, 2)))[0]
    apart = 0
    for shift in np.linspace(0.0, 0.25, 40):
        scores = random.random((4, 40))
        scores[2:] += shift
        for effect in effects([means(scores)], plan, resampling=FEW):
            low, high = effect.interval
            told = effect.verdict == "told apart"
            assert told == (low > 0 or high < 0) == (effect.p_value < 0.05)
            apart += told
    assert 5 < apart < 60


def test_why_nothing_can_be_told():
    plan = planned(design((2, 2)))[0]
    scores = np.full((4, 40), 0.5)
    scores[2:, :4] = 0.7
    a, b, _ = effects([means(scores)], plan, resampling=FEW)
    assert (a.verdict, a.reason) == ("cannot tell", "the scores of 4 samples alone change with it")
    assert (b.verdict, b.reason) == ("cannot tell", "no sample's score changes with it")
    assert a.interval is a.p_value is None
    few = effects([means(np.random.default_rng(1).random((4, 5)))], plan, resampling=FEW)
    assert {effect.reason for effect in few} == {"fewer than 6 independent units"}


def test_rounding_is_no_effect():
    """In each cluster the same scores in another order: their sums differ by 1e-16, all one way."""
    scores = np.stack([np.tile([0.8, 0.4, 0.3], 11), np.tile([0.3, 0.4, 0.8], 11)])
    clusters = np.repeat(np.arange(11), 3)
    plan = planned(design((2,)))[0]
    [effect] = effects([means(scores)], plan, clusters=clusters, resampling=FEW)
    assert (effect.n_paired, effect.units) == (33, 11)
    assert effect.verdict == "not told apart"
    assert effect.p_value == 1.0


def test_a_single_share_is_tested_as_a_pair_of_shares_is():
    """Of 40 samples 8 go one way and none the other: .0078 exactly, a little more as printed."""
    scores = np.zeros((2, 40))
    scores[1, :8] = 1.0
    [effect] = effects([means(scores)], planned(design((2,)))[0], resampling=FEW)
    assert effect.verdict == "told apart"
    assert 0.0078 < effect.p_value < 0.05


def test_declared_metrics_are_a_family_of_their_own():
    random = np.random.default_rng(1)
    texts = [[" ".join(random.choice(list("abcdefgh"), 6)) for _ in range(40)] for _ in range(5)]
    references = [[text] for text in texts.pop()]
    metrics = [
        MeasuredMetric(
            metric=metric,
            statistics=np.stack([metric.statistics(answers_of(t, references)) for t in texts]),
            scored=np.ones((4, 40), dtype=bool),
        )
        for metric in (RougeL(TOOLS), Bleu(TOOLS))
    ]
    plan = planned(design((2, 2)))[0]
    together = effects(metrics, plan, resampling=FEW)
    assert {effect.family for effect in together if effect.interval} == {
        sum(effect.interval is not None for effect in together)
    }
    declared = effects(metrics, plan, resampling=FEW, declared=("ROUGE_L",))
    assert [e.family for e in declared if e.metric == "ROUGE_L"] == [3, 3, 3]
    assert max(e.family for e in declared if e.metric == "BLEU_1") > 3
    for wide, narrow in zip(together, declared, strict=True):
        if wide.metric == "ROUGE_L":
            assert narrow.p_value <= wide.p_value


@pytest.mark.parametrize("n", [50, 200])
@pytest.mark.parametrize("kind", ["mean", "corpus"])
def test_planted_effects_are_found_and_no_others(kind, n):
    """Of 2 × 2 × 2 the first axis adds, more so at the second's level; the third does nothing."""
    runs = 300
    plan = planned(design((2, 2, 2)))[0]
    cells = [system.levels for system in design((2, 2, 2)).systems]
    chance = np.array(
        [0.4 + 0.15 * (at["a"] == "a1") + 0.15 * (at["a"] == "a1") * (at["b"] == "b1")
         for at in cells]
    )  # fmt: skip
    metric = RougeL(TOOLS) if kind == "mean" else Bleu(TOOLS)
    column = metric.columns[0 if kind == "mean" else 1]
    random = np.random.default_rng(n)
    truth = effect_truth(metric, plan, expected(metric, chance))
    held = false = right = 0
    estimates = []
    for run in range(runs):
        statistics = drawn(metric, chance, n, random)
        measured = MeasuredMetric(
            metric=metric, statistics=statistics, scored=np.ones(statistics.shape[:2], dtype=bool)
        )
        found = effects(
            [measured], plan, resampling=Resampling(replicates=299, seed=run), declared=(column,)
        )
        found = [effect for effect in found if effect.metric == column]
        held += all(e.interval[0] <= t <= e.interval[1] for e, t in zip(found, truth, strict=True))
        false += any(
            e.verdict == "told apart" for e, t in zip(found, truth, strict=True) if abs(t) < 1e-12
        )
        right += found[0].verdict == "told apart" and found[0].estimate > 0
        estimates.append([effect.estimate for effect in found])
    # Of 300 runs 285 are expected to hold all, and 15 at most to be wrong; 3.8 is a deviation.
    assert 272 <= held <= 297
    assert false <= 28
    assert right >= 0.95 * runs
    error = np.std(estimates, axis=0) / np.sqrt(runs)
    assert (np.abs(np.mean(estimates, axis=0) - truth) < 4 * error + 0.002).all()
    assert [e.axes for e, t in zip(plan, truth, strict=True) if abs(t) < 1e-12] == [
        ("c",), ("a", "c"), ("b", "c"),
    ]  # fmt: skip


def statistics_of(metric, right):
    """Statistics of answers of six words, these of which are right: shape (…, n, 6) → (…, n, k)."""
    if isinstance(metric, RougeL):
        return np.stack([right.mean(axis=-1), np.ones(right.shape[:-1])], axis=-1)
    matched = []
    for size in range(1, 5):
        starts = right.shape[-1] - size + 1
        whole = [right[..., k : k + size].all(axis=-1) for k in range(starts)]
        matched.append(np.sum(whole, axis=0))
    lengths = [np.full(right.shape[:-1], 6.0)] * 2
    guessed = [np.full(right.shape[:-1], 7.0 - size) for size in range(1, 5)]
    return np.stack([*lengths, *guessed, *matched], axis=-1).astype(float)


def drawn(metric, chance, n, random):
    """Half of a sample's luck is the same for all systems."""
    common = random.random((1, n, 6))
    luck = np.where(random.random((1, n, 6)) < 0.5, common, random.random((len(chance), n, 6)))
    return statistics_of(metric, luck < chance[:, None, None])


def expected(metric, chance):
    """A sample's expected statistics, exactly."""
    every = np.array(list(product((False, True), repeat=6)))
    probability = np.prod(
        np.where(every[None], chance[:, None, None], 1 - chance[:, None, None]), -1
    )
    return probability @ statistics_of(metric, every)


def effect_truth(metric, plan, totals):
    scores = metric.contrasted(totals)[:, min(1, len(metric.columns) - 1)]
    return np.array([sum(w * scores[s] for s, w in weights(effect).items()) for effect in plan])


def test_sentences_put_what_is_told_first_and_say_no_more_than_that():
    random = np.random.default_rng(1)
    scores = random.random((4, 60))
    scores[3] += 0.9
    found = effects([means(scores)], planned(design((2, 2)))[0], resampling=FEW)
    said = effect_sentences(found)
    assert re.match(r"On ROUGE_L, (a=a1 beats a=a0|b=b1 beats b=b0) by 0\.\d{4}, averaged", said[0])
    assert said[2].startswith("On ROUGE_L, b changes what a does (a1 − a0): ")
    assert "at b=b0, +0." in said[2]
    assert all("unlikely to be chance (p = 0.00" in line for line in said)
    assert all(line.endswith("(exploratory).") for line in said)
    assert not any("real" in line for line in said)
    scores[3] -= 0.9
    null = effect_sentence(effects([means(scores)], planned(design((2, 2)))[0], resampling=FEW)[0])
    assert "are not told apart, averaged over 2 combinations of the other choices: the true" in null
    assert "would have shown" in null


def test_an_effect_that_few_samples_carry_is_called_rough():
    """One prompt of two is steady, the other has all of its score from two of 20 samples."""
    steady = np.random.default_rng(6).normal(1.0, 0.3, 20)
    rare = np.where(np.arange(20) < 2, 10.0, 0.0)

    [found] = effects([means(np.stack([steady, rare]))], planned(design((2,)))[0], resampling=FEW)

    assert found.rough
    assert effect_sentence(found).endswith(
        "; rough, for few samples carry most of the difference (exploratory)."
    )
    assert not effect_sentence(replace(found, rough=False)).count("rough")


def test_a_picture_holds_any_name():
    axes = {"<b>&\u202e\x00": ("]]>", "\ud800" + "x" * 200)}
    systems = tuple(
        Placed(system=i, levels={name: level}, model="m", decoding="greedy")
        for name, levels in axes.items()
        for i, level in enumerate(levels)
    )
    hostile = Design(matrix="<svg>", axes=axes, nuisance=frozenset(), systems=systems)
    random = np.random.default_rng(1)
    found = effects([means(random.random((2, 30)))], planned(hostile)[0], resampling=FEW)
    text = effects_svg(found, matrices=2)
    root = ET.fromstring(text.encode())
    texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any(line.startswith("<svg> <b>&\\u202e\\x00: ") and line.endswith("…") for line in texts)


def test_a_picture_of_nothing_different_can_be_drawn():
    found = effects([means(np.full((2, 30), 0.5))], planned(design((2,)))[0], resampling=FEW)
    root = ET.fromstring(effects_svg(found))
    assert "cannot tell" in "".join(root.itertext())
