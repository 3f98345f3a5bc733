from itertools import zip_longest

import numpy as np
import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.bare_texts import answers_of
from harness.metrics.diversity import LengthRatio, Variety, count_copied
from harness.metrics.ngrams import NgramTable
from harness.metrics.tools import ScoringTools, sanitize

METRIC = LengthRatio(ScoringTools(tokenizer="none"))
WORDS = st.sampled_from(["a", "dog", "\U0001f370", "\r", "\0", "\u2028", "crème"])
TEXTS = st.lists(WORDS, max_size=7).map(" ".join)
SAMPLES = st.lists(
    st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=3)), min_size=1, max_size=8
)


def test_the_ratio_is_of_sums_to_the_closest_reference():
    rows = METRIC.statistics(
        answers_of(
            ["a b c", "", "a b"], [["a", "a b", "a b c d", "a b c d e"], ["a b"], ["a b c", "a"]]
        )
    )

    # Of two as close the shorter: 2 rather than 4, 1 rather than 3.
    assert rows.tolist() == [[3, 2], [0, 2], [2, 1]]
    assert METRIC.aggregate(rows.sum(axis=0)).tolist() == [1.0]
    assert METRIC.aggregate(rows).tolist() == [[1.5], [0.0], [2.0]]


def test_without_a_reference_token_the_ratio_is_0():
    assert METRIC.aggregate(METRIC.statistics(answers_of(["a b"], [["", " "]]))).tolist() == [[0.0]]
    assert METRIC.statistics(answers_of([], [])).shape == (0, 2)


@given(SAMPLES, st.randoms(use_true_random=False))
def test_sums_over_a_resample_are_the_ratio_that_sacrebleu_gives_it(samples, random):
    rows = METRIC.statistics(answers_of(*zip(*samples, strict=True)))
    chosen = random.choices(range(len(samples)), k=len(samples))

    # sacrebleu without a tokeniser takes for words what stands between spaces.
    drawn = [(sanitize(samples[i][0]), list(map(sanitize, samples[i][1]))) for i in chosen]
    streams = list(zip_longest(*(texts for _, texts in drawn)))
    [ratio] = METRIC.aggregate(np.bincount(chosen, minlength=len(samples)) @ rows)
    theirs = sacrebleu.corpus_bleu(
        [prediction for prediction, _ in drawn], streams, tokenize="none", force=True
    )
    assert ratio == (theirs.sys_len / theirs.ref_len if theirs.ref_len else 0.0)


@pytest.mark.parametrize("tokenizer", ["ptb", "none"])
def test_the_signature_names_the_tokeniser(tokenizer):
    metric = LengthRatio(ScoringTools(tokenizer=tokenizer))

    assert metric.signature()["tok"] == tokenizer
    assert metric.signature()["reflen"] == "closest"


def variety(*blocks):
    """Count blocks of texts, each in a table of its own, as the texts of a long run are."""
    found, words = Variety(), {}
    for texts in blocks:
        table = NgramTable(words)
        found.add(table, table.rows(texts))
    return found


def test_distinct_n_of_a_worked_example():
    texts = ["tomato soup with rice", "rice soup with rice", "", "rice"]

    # 9 words, 4 of them different; pairs: tomato soup, soup with ×2, with rice ×2, rice soup.
    for found in (variety(texts), variety(texts[:1], texts[1:3], texts[3:])):
        assert (found.texts, found.words, found.vocabulary) == (4, 9, 4)
        assert found.distinct_1 == pytest.approx(4 / 9)
        assert found.distinct_2 == pytest.approx(4 / 6)


@pytest.mark.parametrize("texts", [[], ["", " "], ["rice"]])
def test_distinct_n_is_none_where_no_text_has_n_words(texts):
    assert variety(texts).distinct_2 is None


def test_a_copy_has_the_exemplars_words():
    texts = ["Tomato  soup\r\n", "tomato soup", "Tomato-Soup!", "Crème", "", "\U0001f370", "soup"]

    shown = [["TOMATO SOUP", "", "\U0001f370"]] * len(texts)
    assert count_copied(texts, shown) == 4
    assert count_copied(texts, [[]] * len(texts)) == 0


def test_a_longer_text_that_holds_three_words_of_an_exemplar_is_a_copy():
    def copied(text, exemplar):
        return count_copied([text], [[exemplar]]) == 1

    assert copied("A plate of mushroom toast, with egg.", "Mushroom Toast with Egg")
    assert copied("Title: cold beet soup", "Cold beet soup")
    assert not copied("A bowl of beet soup", "Beet soup")
    assert not copied("mushroom toast with eggs", "Mushroom Toast with Egg")
    assert copied("一碗番茄汤。", "番茄汤")


def test_each_text_is_held_against_what_its_own_prompt_shows():
    assert count_copied(["beef stew", "beef stew"], [["Beef stew"], ["Corn soup"]]) == 1


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=12), max_size=6))
def test_any_texts_have_figures_in_range(texts):
    found = variety(texts)
    assert found.vocabulary == variety(texts, texts[:2]).vocabulary >= 0
    for share in (found.distinct_1, found.distinct_2):
        assert share is None or 0.0 <= share <= 1.0
    assert 0 <= count_copied(texts, [texts] * len(texts)) <= len(texts)
