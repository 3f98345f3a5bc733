"""COCO's fakecap example: published integers in, published scores out; no Java, no captions."""

import json
from pathlib import Path

import numpy as np
import pytest

from harness.metrics.caption import Bleu
from harness.metrics.meteor import Meteor, summable
from harness.metrics.tools import ScoringTools

GOLDEN = Path(__file__).parents[2] / "golden" / "coco_fakecap.json"


@pytest.fixture(scope="module")
def golden():
    return json.loads(GOLDEN.read_text())


@pytest.fixture(scope="module")
def bleu_rows(golden):
    return np.array(golden["bleu"], dtype=float)


@pytest.fixture(scope="module")
def meteor_matrix(golden):
    return summable(np.array(golden["meteor"]))


def test_bleu_of_the_corpus_is_the_published_one(golden, bleu_rows):
    scores = Bleu(ScoringTools()).aggregate(bleu_rows.sum(axis=0))

    expected = [golden["corpus"][f"Bleu_{order}"] for order in (1, 2, 3, 4)]
    assert scores == pytest.approx(expected, abs=1e-12)


def test_bleu_of_each_sample_is_the_published_one(golden, bleu_rows):
    scores = Bleu(ScoringTools()).aggregate(bleu_rows)

    assert scores.shape == (1000, 4)
    assert np.abs(scores - np.array(golden["samples"])[:, :4]).max() <= 1e-12


def test_meteor_of_the_corpus_is_the_published_one_and_not_the_mean(golden, meteor_matrix):
    meteor = Meteor(ScoringTools())

    score = meteor.aggregate(meteor_matrix.sum(axis=0))

    assert score == pytest.approx([golden["corpus"]["METEOR"]], abs=1e-12)
    assert meteor.aggregate(meteor_matrix).mean() == pytest.approx(0.20023, abs=1e-5)


def test_meteor_of_each_sample_is_the_published_one(golden, meteor_matrix):
    scores = Meteor(ScoringTools()).aggregate(meteor_matrix)

    assert scores.shape == (1000, 1)
    assert np.abs(scores[:, 0] - np.array(golden["samples"])[:, 4]).max() <= 1e-12


def test_a_perfect_prediction_has_no_chunk_in_its_own_score_nor_in_the_corpus():
    # METEOR 1.5's lines for eight titles, the last a perfect match, and what its wrapper in
    # pycocoevalcap 1.2 made of them (the titles: tests/integration/metrics).
    zeros = [0] * 12
    rows = summable(
        np.array(
            [
                [5, 6, 1, 1, 3, 3, 1, 1, *zeros, 3, 4, 4],
                [4, 5, 0, 0, 3, 3, 0, 0, *zeros, 1, 3, 3],
                [6, 5, 2, 1, 3, 3, 0, 0, *zeros, 3, 3, 3],
                [4, 3, 0, 0, 3, 3, 0, 0, *zeros, 1, 3, 3],
                [7, 8, 2, 1, 3, 3, 1, 1, *zeros, 2, 4, 4],
                [3, 9, 0, 4, 0, 0, 0, 0, *zeros, 0, 0, 0],
                [4, 2, 0, 0, 0, 0, 0, 0, *zeros, 0, 0, 0],
                [6, 6, 2, 2, 4, 4, 2, 2, *zeros, 1, 6, 6],
            ]
        )
    )
    meteor = Meteor(ScoringTools())

    assert meteor.aggregate(rows)[-1] == [1.0]
    assert meteor.aggregate(rows.sum(axis=0)) == pytest.approx([0.267166357324584], abs=1e-12)


@pytest.mark.parametrize("kind", [Bleu, Meteor])
def test_a_whole_bootstrap_aggregates_at_once(kind, bleu_rows, meteor_matrix):
    rows = bleu_rows if kind is Bleu else meteor_matrix
    metric = kind(ScoringTools())
    weights = np.random.default_rng(5).multinomial(len(rows), [1 / len(rows)] * len(rows), (3, 7))

    scores = metric.aggregate(weights @ rows)

    assert scores.shape == (3, 7, len(metric.columns))
    one = metric.aggregate(np.repeat(rows, weights[2, 6], axis=0).sum(axis=0))
    assert scores[2, 6] == pytest.approx(one, abs=1e-12)
