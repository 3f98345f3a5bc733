"""What test_specs.py asks of every metric, asked of those that take Java or a model."""

import numpy as np
import pytest

from harness.metrics.bare_texts import answers_of
from harness.metrics.metric import applies
from harness.metrics.registry import create

PREDICTIONS = ["Tomato Soup", "", "A soup\r\n \U0001f345"]
REFERENCES = [["Tomato Soup", "Soup"], ["Rice"], ["Soup with rice and tomatoes"]]
METADATA = [{"ingredients": ["Tomato"]}, {"ingredients": ["Rice"]}, {"ingredients": []}]


@pytest.mark.parametrize("name", ["meteor", "bertscore", "semantic_similarity"])
def test_it_takes_metadata_and_is_finite(name, tools):
    metric = create(name, tools)

    rows = metric.statistics(answers_of(PREDICTIONS, REFERENCES, metadata=METADATA))

    for totals in (rows.sum(axis=0), rows, np.stack([rows, rows])):
        scores = metric.aggregate(totals)
        assert scores.shape == (*totals.shape[:-1], len(metric.columns))
        assert np.isfinite(scores).all()
    assert applies(rows).all()
