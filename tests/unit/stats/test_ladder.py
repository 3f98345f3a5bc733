"""A ladder shows gains beyond the noise of a comparison; a small ``benchmarks/ladder.py``."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.stats import smallest_shown

FOLDER = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        import ladder

        yield ladder.gains(50, 200, 0.0, 150)
        del sys.modules["ladder"]


def test_fifty_equal_prompts_climb_by_less_than_half_of_what_the_best_seems_to_gain(found):
    assert 0.06 < found.plain < 0.09  # measured before there was a ladder: +.07
    assert found.ladder <= 0.5 * found.plain
    assert found.one_error > 0.6 * found.plain  # why one standard error is too small a step


def test_a_prompt_that_is_better_by_twice_the_smallest_shown_is_shown(found):
    assert found.found > 0.75


def test_what_a_table_says_of_chance_is_what_chance_does(found):
    assert found.said == pytest.approx(found.plain, rel=0.1)


def test_the_step_is_half_of_a_95_percent_interval():
    differences = np.array([0.0, 1.0, 0.0, -1.0, 1.0, 1.0, 0.0, 1.0])
    # s = 0.7440, n = 8, t(97.5 %, 7) = 2.3646 (any table of Student's t).
    assert smallest_shown(differences) == pytest.approx(2.3646 * 0.74402 / math.sqrt(8), rel=1e-4)


def test_of_few_units_nothing_is_shown():
    assert smallest_shown([1.0] * 5) == math.inf
