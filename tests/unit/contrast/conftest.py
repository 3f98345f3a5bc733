"""Systems whose scores a test chooses, and texts that a real metric scores."""

import numpy as np
import pytest

from harness.contrast import MeasuredMetric
from harness.metrics.bare_texts import answers_of
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools


@pytest.fixture
def measured():
    """Measure systems by a metric: their values, one a sample, or their texts against others."""

    def measured(values=None, *, texts=None, references=None, metric="rouge_l", scored=None):
        tool = create(metric, ScoringTools(tokenizer="none"))
        if texts is None:
            values = np.asarray(values, dtype=float)
            columns = [np.ones(values.shape)]
            statistics = np.stack([values] * len(tool.columns) + columns, axis=-1)
        else:
            statistics = np.stack([tool.statistics(answers_of(said, references)) for said in texts])
        if scored is None:
            scored = np.ones(statistics.shape[:2], dtype=bool)
        return MeasuredMetric(metric=tool, statistics=statistics, scored=scored)

    return measured


@pytest.fixture
def varying():
    """Scores of systems that vary together about these means, shape (systems, n)."""

    def varying(*means, n=120, noise=0.1, seed=3):
        random = np.random.default_rng(seed)
        shared = random.normal(0, 0.2, n)
        return np.stack([mean + shared + random.normal(0, noise, n) for mean in means])

    return varying
