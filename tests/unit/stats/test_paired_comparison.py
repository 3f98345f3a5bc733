"""Paired tests: what sacrebleu says, what chance says, and the cases that have no noise."""

import numpy as np
import pytest
import sacrebleu
from sacrebleu.significance import PairedTest

from harness.metrics.bare_texts import answers_of
from harness.metrics.caption import Bleu
from harness.metrics.tools import ScoringTools
from harness.stats import bootstrap, compare

BLEU = Bleu(ScoringTools(tokenizer="none"))


def mean(totals):
    return totals[..., :1] / totals[..., 1:]


def mean_rows(values):
    return np.stack([np.asarray(values, dtype=float), np.ones(np.shape(values))], axis=-1)


def bleu_4(totals):
    return BLEU.aggregate(totals)[..., 3:]


def texts(n=250):
    """References, and what three systems make of them: 0.30, 0.32 or 0.33 of the words wrong."""
    random = np.random.default_rng(17)
    words = np.array([f"w{i}" for i in range(60)])
    references = [words[random.integers(0, 60, random.integers(6, 16))] for _ in range(n)]
    systems = [
        [
            " ".join(np.where(random.random(len(r)) < wrong, random.choice(words, len(r)), r))
            for r in references
        ]
        for wrong in (0.30, 0.32, 0.33)
    ]
    return [" ".join(reference) for reference in references], systems


def their_p_values(test, replicates, references, systems):
    metric = sacrebleu.BLEU(tokenize="none", smooth_method="none", references=[references])
    _, scores = PairedTest(
        [(str(index), system) for index, system in enumerate(systems)],
        {"BLEU": metric},
        references=None,
        test_type=test,
        n_samples=replicates,
    )()
    return [(result.score / 100, result.p_value) for result in scores["BLEU"]]


@pytest.fixture(scope="module")
def corpus():
    references, systems = texts()
    rows = np.stack(
        [BLEU.statistics(answers_of(system, [[r] for r in references])) for system in systems]
    )
    return references, systems, rows


def monte_carlo(p_value, replicates):
    """Four standard errors of the difference of two estimates."""
    return 4 * (2 * p_value * (1 - p_value) / replicates) ** 0.5 + 2 / replicates


def test_approximate_randomisation_agrees_with_sacrebleu(corpus):
    references, systems, rows = corpus
    theirs = their_p_values("ar", 10_000, references, systems)

    ours = compare(rows, bleu_4, pairs=[(0, 1), (0, 2)], seed=1)

    for (pair,), (score, p_value) in zip(ours, theirs[1:], strict=True):
        assert pair.delta == pytest.approx(score - theirs[0][0], abs=1e-9)
        assert abs(pair.p_value - p_value) < monte_carlo(p_value, 10_000)
    assert ours[0][0].p_value > 0.05 > ours[1][0].p_value


def test_the_paired_bootstrap_agrees_with_sacrebleu(corpus):
    references, systems, rows = corpus
    theirs = their_p_values("bs", 4_000, references, systems)

    replicates = bootstrap(rows, bleu_4, seed=1)[..., 0]
    pairs = compare(rows, bleu_4, pairs=[(0, 1), (0, 2)], seed=1)

    for system, ((pair,), (_, p_value)) in enumerate(zip(pairs, theirs[1:], strict=True), 1):
        # Theirs moves the absolute differences to their mean: a test of one side.
        size = np.abs(replicates[system] - replicates[0])
        one_sided = (np.sum(size - size.mean() > abs(pair.delta)) + 1) / 10_001
        assert abs(one_sided - p_value) < monte_carlo(p_value, 4_000)
    # Where hardly a replicate has the other sign, ours, of two sides, is twice theirs.
    assert pair.noise.p_bootstrap == pytest.approx(2 * p_value, abs=2 * monte_carlo(p_value, 4_000))


def test_a_pairs_numbers_do_not_depend_on_other_systems_or_on_their_order(corpus):
    _, _, rows = corpus

    all_pairs = compare(rows, BLEU.aggregate, replicates=500, seed=2)
    (alone,) = compare(rows[[0, 2]], BLEU.aggregate, replicates=500, seed=2)
    (turned,) = compare(rows, BLEU.aggregate, pairs=[(2, 0)], replicates=500, seed=2)

    assert [(pair[0].baseline, pair[0].candidate) for pair in all_pairs] == [(0, 1), (0, 2), (1, 2)]
    for first, second, third in zip(all_pairs[1], alone, turned, strict=True):
        assert first.p_value == second.p_value == third.p_value
        assert first.noise == second.noise
        assert first.delta == -third.delta
        assert first.noise.percentile == pytest.approx(
            [-end for end in third.noise.percentile][::-1]
        )
        assert (first.wins, first.ties, first.losses) == (third.losses, third.ties, third.wins)


def test_a_paired_mean_has_the_textbook_noise():
    random = np.random.default_rng(4)
    first = random.random(400)
    second = first + random.normal(0.02, 0.1, 400)
    deviation = (second - first).std(ddof=1)

    (((pair),),) = compare(mean_rows([first, second]), mean)

    assert pair.delta == pytest.approx((second - first).mean(), rel=1e-12)
    assert pair.noise.unit_sd == pytest.approx(deviation, rel=1e-9)
    assert pair.noise.sd == pytest.approx(deviation / 20, rel=0.04)
    assert pair.noise.effect == pytest.approx(pair.delta / pair.noise.sd, rel=1e-12)
    low, high = pair.noise.percentile
    assert high - low == pytest.approx(2 * 1.96 * deviation / 20, rel=0.05)


def test_wins_ties_and_losses_are_counted_per_sample_even_in_clusters():
    rows = mean_rows([[0.5, 0.5, 0.5, 0.5], [0.6, 0.5 + 1e-12, 0.4, 0.7]])

    ((pair,),) = compare(rows, mean, clusters=[1, 1, 2, 2], replicates=100)

    assert (pair.wins, pair.ties, pair.losses) == (2, 1, 1)
    assert pair.units == 2


def test_clusters_are_exchanged_whole():
    # Five copies of one sample each: as samples they seem to be sure of a difference.
    random = np.random.default_rng(12)
    values = np.repeat(random.normal(0.05, 0.2, 20), 5)
    rows = mean_rows([np.zeros(100), values])

    ((alone,),) = compare(rows, mean, replicates=4_000)
    ((clustered,),) = compare(rows, mean, clusters=np.repeat(range(20), 5), replicates=4_000)
    ((once,),) = compare(rows[:, ::5], mean, replicates=4_000)

    assert alone.p_value < clustered.p_value / 5
    assert clustered.p_value == pytest.approx(once.p_value, abs=1e-3)
    assert clustered.noise.unit_sd == pytest.approx(once.noise.unit_sd, rel=1e-9)


def test_a_p_value_is_never_zero():
    rows = mean_rows([np.zeros(60), np.linspace(0.5, 1, 60)])

    ((pair,),) = compare(rows, mean, replicates=999)

    assert pair.p_value == 1 / 1_000
    assert pair.noise.p_bootstrap == 1 / 1_000


def test_few_samples_cannot_be_sure():
    # All 2^4 exchanges are as likely; the real one and its mirror reach the difference.
    rows = mean_rows([[0.1, 0.2, 0.3, 0.4], [0.9, 0.8, 0.9, 1.0]])

    ((pair,),) = compare(rows, mean)

    assert pair.p_value == pytest.approx(2 / 16, abs=0.015)


@pytest.mark.parametrize("n", [2, 7, 100])
def test_equal_systems_do_not_differ(n):
    values = np.random.default_rng(n).random(n)

    pairs = compare(mean_rows([values, values, values]), mean, replicates=300)

    for (pair,) in pairs:
        assert pair.delta == 0.0
        assert pair.p_value == 1.0
        assert pair.noise.p_bootstrap == 1.0
        assert pair.noise.percentile == pair.noise.bca == (0.0, 0.0)
        assert pair.noise.sd == pair.noise.effect == pair.noise.unit_sd == 0.0
        assert (pair.wins, pair.ties, pair.losses) == (0, n, 0)


def test_the_same_gain_everywhere_has_no_noise_to_measure_it_by():
    first = np.random.default_rng(0).random(50)

    ((pair,),) = compare(mean_rows([first, first + 0.1]), mean, replicates=2_000)

    assert pair.noise.sd == 0.0
    assert pair.noise.unit_sd == 0.0
    assert pair.noise.effect is None
    assert pair.noise.bca == pytest.approx((0.1, 0.1), rel=1e-9)
    assert pair.p_value == 1 / 2_001
    assert pair.wins == 50


def test_one_sample_tells_nothing():
    ((pair,),) = compare([[[0.2, 1.0]], [[0.9, 1.0]]], mean, replicates=100)

    assert pair.delta == pytest.approx(0.7)
    assert pair.p_value == 1.0
    assert pair.noise is None
    assert pair.wins == 1


def test_one_system_has_no_pairs():
    assert compare(np.ones((1, 5, 2)), mean) == ()


@pytest.mark.parametrize("pair", [(0, 2), (-1, 0), (0,)])
def test_a_pair_must_be_there(pair):
    with pytest.raises(ValueError, match="no such pair among 2 systems"):
        compare(np.ones((2, 5, 2)), mean, pairs=[pair])
