"""Metrics by name and by name with options, and the samples that one may leave out."""

import numpy as np
import pytest

from harness.errors import MetricError
from harness.metrics.bare_texts import answers_of
from harness.metrics.metric import applies
from harness.metrics.registry import METRICS, check_spec, create, parse_spec
from harness.metrics.tools import ScoringTools

TOOLS = ScoringTools(tokenizer="none")
PREDICTIONS = ["Tomato Soup", "", "A soup\r\n \U0001f345"]
REFERENCES = [["Tomato Soup", "Soup"], ["Rice"], ["Soup with rice and tomatoes"]]
METADATA = [{"ingredients": ["Tomato"]}, {"ingredients": ["Rice"]}, {"ingredients": []}]


ELSEWHERE = {"meteor", "bertscore", "semantic_similarity"}
"""They take Java or a model: tests/integration/metrics."""


@pytest.mark.parametrize("name", sorted(METRICS.keys() - ELSEWHERE))
def test_every_metric_takes_metadata_and_is_finite_on_odd_texts(name):
    metric = create(name, TOOLS)

    rows = metric.statistics(answers_of(PREDICTIONS, REFERENCES, metadata=METADATA))

    for totals in (rows.sum(axis=0), rows, np.stack([rows, rows])):
        scores = metric.aggregate(totals)
        assert scores.shape == (*totals.shape[:-1], len(metric.columns))
        assert np.isfinite(scores).all()
    assert applies(rows).all()


def test_a_row_of_nan_is_a_sample_that_the_metric_leaves_out():
    rows = np.array([[[1.0, 2.0], [np.nan, np.nan]], [[0.0, 0.0], [3.0, 1.0]]])

    assert applies(rows).tolist() == [[True, False], [True, True]]


def test_options_reach_the_metric():
    metric = create({"keywords": {"field": "vessel"}}, TOOLS)

    assert metric.signature()["field"] == "vessel"
    spec = parse_spec({"keywords": {"field": "vessel"}})
    assert (spec.name, spec.options) == ("keywords", {"field": "vessel"})
    assert spec.label == 'keywords(field="vessel")'
    assert parse_spec("keywords") == parse_spec({"keywords": {}})


@pytest.mark.parametrize(
    ("spec", "message", "hint"),
    [
        ("blue", "no metric is named 'blue'", "did you mean 'bleu'?"),
        ({"blue": {}}, "no metric is named 'blue'", "did you mean 'bleu'?"),
        ({}, "not 0 names", "{keywords: {field: ingredients}}"),
        ({"bleu": {}, "cider": {}}, "not 2 names", "{keywords: {field: ingredients}}"),
        ({"keywords": "ingredients"}, "'ingredients' is no mapping of options", "for example"),
        ({"keywords": None}, "None is no mapping of options", "for example"),
        ({"keywords": {"feild": "a"}}, "no option 'feild'", "its options: field"),
        ({"bleu": {"field": "a"}}, "metric bleu has no option 'field'", "it has no options"),
        ({"keywords": {"field": 3}}, "field is 3, not a text", ""),
    ],
)
def test_a_spec_that_is_wrong_says_what_would_be_right(spec, message, hint):
    with pytest.raises(MetricError) as caught:
        create(spec, TOOLS)

    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("spec", ["spice", {"spice": {}}])
def test_spice_is_known_and_says_why_it_cannot_be_had(spec):
    with pytest.raises(MetricError, match=r"stanford-corenlp-3\.6\.0-models.*no package registry"):
        create(spec, TOOLS)
    with pytest.raises(MetricError, match="fails on Java 16 and later"):
        check_spec(parse_spec(spec))
    assert "spice" not in METRICS
