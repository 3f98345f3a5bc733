"""How many decimals numbers are printed with, by the width of their narrowest interval."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats import digits_for


@pytest.mark.parametrize(
    ("half", "digits"),
    [(0.03, 2), (0.013, 3), (0.019, 3), (0.02, 2), (0.4, 1), (0.15, 2), (3.0, 1), (0.0004, 4),
     (0.00001, 4)],
)  # fmt: skip
def test_the_last_decimal_is_the_first_digit_of_the_noise_or_the_second_behind_a_one(half, digits):
    assert digits_for([(0.7 - half, 0.7 + half)]) == digits


def test_the_narrowest_interval_decides_and_one_without_a_width_says_nothing():
    assert digits_for([(0.1, 0.9), (0.70, 0.76), None, (1.0, 1.0)]) == 2
    assert digits_for([(1.0, 1.0)]) == digits_for([]) == digits_for([None]) == 3


def test_an_end_that_is_not_zero_is_not_printed_as_zero():
    assert digits_for([(0.002, 0.9)]) == 3
    assert digits_for([(0.0, 0.9)]) == 1


@given(st.floats(-10, 10), st.floats(1e-9, 10))
def test_no_width_gives_more_than_four_decimals_or_none(value, half):
    assert 1 <= digits_for([(value - half, value + half)]) <= 4
