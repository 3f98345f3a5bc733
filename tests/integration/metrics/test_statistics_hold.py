"""On people's captions and every caption metric: do tests and intervals err as often as they say?

Of each image one caption is the reference and two others are two draws of the same system.
"""

import numpy as np
import pytest

from harness.metrics.bare_texts import answers_of
from harness.metrics.registry import create
from harness.stats import compare, estimate

TRIALS = 1_000
"""A chance of 5 % varies by 0.7 points over them."""
SAMPLES = 200
FAMILIES = {"bleu": 1, "rouge_l": 0, "meteor": 0, "cider": 0}
"""Family → which of its columns is looked at: BLEU_2 among BLEU's."""


@pytest.fixture(scope="module")
def draws(tools, coco_captions):
    """Statistics of two draws, all families side by side: shape (2, images, columns)."""
    references = [captions[:1] for captions in coco_captions]
    sides = [[captions[draw] for captions in coco_captions] for draw in (1, 2)]
    tools.prepare(text for captions in coco_captions for text in captions[:3])
    metrics = [create(name, tools) for name in FAMILIES]
    return np.concatenate(
        [np.stack([m.statistics(answers_of(side, references)) for side in sides]) for m in metrics],
        axis=-1,
    )


@pytest.fixture(scope="module")
def score(tools):
    """Summed statistics of all families → a score each."""
    metrics = {create(name, tools): column for name, column in FAMILIES.items()}
    widths = [10, 2, 23, 2]

    def aggregate(totals):
        parts = np.split(totals, np.cumsum(widths)[:-1], axis=-1)
        scores = [
            metric.aggregate(part)[..., column]
            for (metric, column), part in zip(metrics.items(), parts, strict=True)
        ]
        return np.stack(scores, axis=-1)

    return aggregate


def test_two_draws_of_one_system_differ_significantly_in_5_of_100_comparisons(draws, score):
    random = np.random.default_rng(99)
    false = np.zeros(len(FAMILIES))
    for trial in range(TRIALS):
        of = random.choice(draws.shape[1], SAMPLES, replace=False)
        swap = random.integers(0, 2, SAMPLES)
        dealt = np.stack([draws[swap, of], draws[1 - swap, of]])
        (pair,) = compare(dealt, score, replicates=999, seed=trial)
        false += [one.p_value < 0.05 for one in pair]

    assert (false >= 0.036 * TRIALS).all(), false
    assert (false <= 0.064 * TRIALS).all(), false


def test_the_interval_holds_the_truth_in_95_of_100_corpora(draws, score):
    # The truth is the score of all the images that a corpus is drawn from.
    pool = draws[0]
    truth = score(pool.sum(axis=0))
    random = np.random.default_rng(7)
    hits = {"percentile": np.zeros(len(FAMILIES)), "bca": np.zeros(len(FAMILIES))}
    for trial in range(TRIALS):
        corpus = pool[random.integers(0, len(pool), SAMPLES)]
        (found,) = estimate(corpus[None], score, replicates=1_000, seed=trial)
        for field in hits:
            bounds = np.array([getattr(one, field) for one in found])
            hits[field] += (bounds[:, 0] <= truth) & (truth <= bounds[:, 1])

    for counts in hits.values():
        assert (counts >= 0.93 * TRIALS).all(), hits
        assert (counts <= 0.97 * TRIALS).all(), hits
