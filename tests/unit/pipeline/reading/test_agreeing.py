"""On how many metrics a pair is better, said with the better of the two first."""

import pytest

from harness import stats
from harness.pipeline.reading.agreeing import MetricTally, tally_text


@pytest.mark.parametrize(
    ("differences", "told", "text"),
    [
        ([0.1] * 6 + [-0.1], [True] * 2 + [False] * 5,
         "title is better than plain on 6 of 7 metrics (told apart on 2), worse on 1"),
        ([0.1, -0.1, -0.2], [True, True, False],
         "plain is better than title on 2 of 3 metrics (told apart on 1), worse on 1"),
        ([0.1], [False], "title is better than plain on 1 of 1 metric (told apart on 0)"),
        ([0.0] * 4, [False] * 4, "title and plain score alike on all 4 metrics"),
        ([0.0], [False], "title and plain score alike on 1 metric"),
    ],
)  # fmt: skip
def test_a_tally_in_words(differences, told, text):
    counts = stats.tally(differences, told)
    assert tally_text(MetricTally(baseline="plain", candidate="title", counts=counts)) == text
