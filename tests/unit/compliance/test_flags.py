"""Flags where the references are others, and on any text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compliance import FLAGS, expected_of, flags_of, phrases
from harness.records import Sample


def samples(*references):
    return [
        Sample(id=str(i), references=(text,), cluster=None, metadata={}, media=())
        for i, text in enumerate(references)
    ]


def flags(text, *references, finish_reason="stop"):
    return flags_of(text, finish_reason, expected_of(samples(*references)))


GERMAN = ("Suppe mit Brot und Käse", "Nudeln auf dem Teller", "Kuchen mit Sahne und Obst")


def test_a_language_is_measured_by_the_references():
    assert "language" in flags("Soup with bread and cheese", *GERMAN)
    assert flags("Auflauf mit Kartoffeln und Speck", *GERMAN) == frozenset()
    assert "language" in flags("番茄汤", *GERMAN)
    assert flags("番茄汤", "牛肉面", "红烧肉") == frozenset()
    assert "language" in flags("Beef noodles", "牛肉面", "红烧肉")


def test_where_references_do_not_tell_their_language_only_the_script_is_looked_at():
    assert flags("Soupe avec du pain et du fromage", "Pho", "Ramen") == frozenset({"too_long"})
    assert "language" in flags("拉面", "Pho", "Ramen")


def test_two_languages_of_references_are_both_expected():
    both = (*GERMAN, "Soup with bread and cheese", "Cake with cream and fruit")
    assert (
        flags("Soup with bread", *both) == flags("Suppe mit Brot und Wurst", *both) == frozenset()
    )


def test_too_long_is_three_times_the_99th_percentile():
    references = ["one two"] * 99 + ["one two three four five six seven"]
    assert flags("a b c d e f", *references) == frozenset()
    assert "too_long" in flags("a b c d e f g", *references)
    assert "too_long" in flags("红烧肉配米饭很好吃", "汤面")


def test_what_was_cut_off_is_known_by_the_engines_word():
    assert flags("Soup", "Soup", finish_reason="length") == frozenset({"truncated"})
    assert flags("", "Soup", finish_reason="length") == frozenset({"truncated", "empty"})


@given(st.data())
@pytest.mark.parametrize(
    ("pattern", "told_sooner"),
    [
        (phrases.REFUSAL, lambda text: any(c in text.casefold() for c in phrases.REFUSAL_CLUES)),
        (phrases.MARKDOWN, phrases.ANY_MARK.search),
        (phrases.LABEL, phrases.ANY_COLON.search),
        (phrases.QUOTED, phrases.ANY_QUOTE.search),
        (phrases.NAMED_IN_QUOTES, phrases.ANY_QUOTE.search),
    ],
)
def test_what_is_told_sooner_leaves_nothing_out(pattern, told_sooner, data):
    assert told_sooner(data.draw(st.from_regex(pattern)))


PIECES = st.sampled_from(
    ["<think>", "</think>", "```", "# ", "- ", "1. ", "**", "*", "_", "`", '"', "'", "“", "”", "«",
     ":", "\n", " ", "Title", "Sure", "Here is", "I'm sorry", "a", "é", "汤", "\ud800", "\0",
     "the dish", " is ", "okay", "hmm", "[", "](", ")", "|", "!"]
)  # fmt: skip


@given(st.text() | st.lists(PIECES, max_size=15).map("".join))
def test_any_text_has_flags_that_there_are(text):
    found = flags(text, "Lemon Tart")
    assert found <= set(FLAGS)
    assert ("empty" in found) is (not text.strip())
    assert found == flags(text, "Lemon Tart")


@pytest.mark.parametrize(
    "text",
    ["**a " * 50_000, "*a " * 70_000, "_a " * 70_000, "`a " * 70_000, "[a" * 100_000,
     "[a](" * 50_000, "<think>" * 30_000, "</think>" * 25_000, "a" * 200_000, "ab" * 100_000,
     "a b " * 50_000,
     '"a ' * 70_000, "'a " * 70_000, "\n" * 200_000, "- " * 100_000, "|" * 200_000,
     "the " * 50_000,
     "sorry " * 30_000, "I cannot " * 20_000, "here is " * 25_000, "汤" * 200_000, "> " * 100_000,
     "hm" + "m" * 200_000, " " * 200_000 + "a", "1. " * 70_000, "一二" * 100_000, "!" * 200_000,
     "a-" * 100_000, "\n\n# a" * 50_000],
)  # fmt: skip
def test_long_texts_take_time_in_proportion(text):
    begin = time.process_time()
    flags(text, "Lemon Tart")
    assert time.process_time() - begin < 5  # under 1 s on a quiet machine
