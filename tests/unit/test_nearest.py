"""The known name that a word may be meant for."""

import pytest

from harness.nearest import closest, nearest

NAMES = ("too_long", "unused_variable", "same_prompt")


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("unused_varable", "unused_variable"),
        ("unused", "unused_variable"),
        ("unusd", "unused_variable"),
        ("same", "same_prompt"),
        ("prompt", "same_prompt"),
        ("too", None),
        ("cider", None),
    ],
)
def test_a_word_is_taken_for_a_name_or_for_the_beginning_of_one(word, name):
    assert closest(word, NAMES) == name


def test_where_nothing_is_near_all_are_listed():
    assert nearest("x", NAMES) == f"known: {', '.join(NAMES)}"
    assert nearest("x", ()) is None
