"""Two texts, and what is marked of them: both can be read from it, and little is marked."""

import time
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from harness.media import grey
from harness.pipeline.looking.word_diff import line_diff

WORDS = st.lists(st.sampled_from(["a", "b", "soup", "Soup", " ", "  ", "\n", ".", "é", "e\u0301"]))


def plain(first, second):
    """Write a diff of two texts: - and + before lines, changed words in [ ]."""
    lines = line_diff(first.split("\n"), second.split("\n"))
    return [
        {"same": " ", "removed": "-", "added": "+"}[line.change]
        + "".join(f"[{p.text}]" if p.changed else p.text for p in line.pieces)
        for line in lines
    ]


@given(WORDS, WORDS)
def test_both_texts_can_be_read_from_their_diff(first, second):
    first, second = "".join(first), "".join(second)
    lines = line_diff(first.split("\n"), second.split("\n"))
    for text, own in ((first, "removed"), (second, "added")):
        read = ["".join(p.text for p in ln.pieces) for ln in lines if ln.change in ("same", own)]
        assert "\n".join(read) == text
    assert (first == second) == all(line.change == "same" for line in lines)


@given(WORDS, WORDS)
def test_what_is_not_marked_is_alike_on_both_sides(first, second):
    lines = line_diff("".join(first).split("\n"), "".join(second).split("\n"))
    kept = [
        "".join(p.text for ln in lines if ln.change == own for p in ln.pieces if not p.changed)
        for own in ("removed", "added")
    ]
    assert kept[0] == kept[1]


def test_one_word_of_three_hundred_is_marked_alone():
    words = [f"word{i % 40}" for i in range(300)]
    other = [*words[:170], "saffron", *words[171:]]
    first, second = plain(" ".join(words), " ".join(other))
    assert first.count("[") == second.count("[") == 1
    assert "word9 [word10] word11" in first
    assert "word9 [saffron] word11" in second


def test_words_that_belong_together_are_one_change():
    assert plain("Give 1 phrase for it.", "Give a recipe title for it.") == [
        "-Give [1 phrase] for it.",
        "+Give [a recipe title] for it.",
    ]


def test_a_paragraph_that_is_broken_anew_shows_the_word_that_changed():
    first = "Name the dish by its\nmost important parts\nand nothing else."
    second = "Name the dish by its most\nunusual parts and nothing\nelse."
    assert plain(first, second)[:3] == [
        "-Name the dish by its",
        "-most[ important] parts",
        "-and nothing[ ]else.",
    ]


def test_passages_with_little_in_common_are_not_marked_word_by_word():
    assert plain("Give a title.", "Write one sentence about what can be seen in it.") == [
        "-[Give a title.]",
        "+[Write one sentence about what can be seen in it.]",
    ]


def test_an_image_is_known_by_its_bytes_and_has_a_place():
    ref = grey(4, 4)
    same = replace(ref, place=replace(ref.place, width=5))
    assert [line.change for line in line_diff([ref, "x"], [same, "x"])] == ["same", "same"]
    moved = line_diff([ref, "x", "y"], ["x", "y", ref])
    assert [(line.change, line.image) for line in moved] == [
        ("removed", ref),
        ("same", None),
        ("same", None),
        ("added", ref),
    ]
    other = [(line.change, line.image) for line in line_diff([ref], [grey(9, 9)])]
    assert other == [("removed", ref), ("added", grey(9, 9))]


def test_texts_too_long_for_a_comparison_by_words_take_no_time():
    begin = time.process_time()
    first, second = ("\n".join(f"{a} {i}" for i in range(99_999)) for a in "ab")
    lines = line_diff(first.split("\n"), second.split("\n"))
    assert {line.change for line in lines} == {"removed", "added"}
    assert time.process_time() - begin < 5
