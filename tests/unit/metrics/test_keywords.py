import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import MetricError
from harness.metrics.bare_texts import answers_of
from harness.metrics.keywords import Keywords
from harness.metrics.metric import applies
from harness.metrics.tools import ScoringTools
from harness.records import Sample

TOOLS = ScoringTools(tokenizer="none")
METRIC = Keywords(TOOLS)

NAMES = ["Tomato", "tomatoes", "Bell Pepper", "Pepper", "Olive", "olive oil", "\U0001f345", ""]
SAMPLES = st.lists(
    st.tuples(
        st.lists(
            st.sampled_from([*NAMES, "and", "peppers", "oil"])
            | st.text(st.characters(exclude_categories=()), max_size=6),
            max_size=6,
        ).map(" ".join),
        st.lists(st.sampled_from(NAMES), max_size=4),
    ),
    min_size=1,
    max_size=8,
)


def rows(samples, metric=METRIC):
    """Counts of samples given as a prediction and its ingredients each."""
    predictions = [prediction for prediction, _ in samples]
    metadata = [{"ingredients": names} for _, names in samples]
    return metric.statistics(
        answers_of(predictions, [["a title"]] * len(samples), metadata=metadata)
    )


def test_counts_and_scores_of_a_worked_example():
    # Vocabulary: tomato, basil, rice, bell pepper, pepper.
    counts = rows(
        [
            ("Tomato and Rice Soup", ["Tomato", "Basil"]),  # tomato is true, rice is not
            ("Stuffed bell peppers", ["Bell Pepper", "Rice"]),  # and no pepper by itself
            ("Peppers, PEPPERS, peppers!", ["Pepper"]),  # counts once
            ("", ["Basil"]),
        ]
    )

    assert counts.tolist() == [[1, 2, 2], [1, 1, 2], [1, 1, 1], [0, 0, 1]]
    # Sums: 3 true positives, 4 named, 6 true.
    assert METRIC.aggregate(counts.sum(axis=0)) == pytest.approx([3 / 4, 3 / 6, 6 / 10])
    assert METRIC.aggregate(counts)[0] == pytest.approx([1 / 2, 1 / 2, 1 / 2])
    assert METRIC.aggregate(counts)[3].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("prediction", "keyword"),
    [
        ("tomatoes", "Tomato"),
        ("Tomato", "tomatoes"),
        ("cherries", "cherry"),
        ("cookie", "cookies"),
        ("bay leaves", "Bay Leaf"),
        ("olives", "olive"),
        ("radishes", "radish"),
        ("peaches", "peach"),
        ("zucchinis", "zucchini"),
        ("peas", "pea"),
        ("asparagus", "Asparagus"),
        ("Molasses", "molasses"),
        ("tomato's", "tomato"),
        ("Bell-Pepper", "bell pepper"),
        ("«crème\u00a0fraîche»", "Cre\u0300me frai\u0302che"),
        ("BELL\r\n\u2028PEPPERS\x00", "bell pepper"),
        ("\U0001f345tomato\U0001f345", "Tomato"),
    ],
)
def test_a_keyword_is_named_in_singular_and_plural_whatever_stands_around_it(prediction, keyword):
    assert rows([(prediction, [keyword])]).tolist() == [[1, 1, 1]]


@pytest.mark.parametrize(
    ("prediction", "keyword"),
    [
        ("mac and cheese", "mace"),
        ("pineapple", "apple"),
        ("peppermint", "pepper"),
        ("bell and pepper", "bell pepper"),
        ("pepper bell", "bell pepper"),
        ("grass", "gras"),
        ("creme", "crème"),
        ("", "pea"),
        ("\ud800\U0001f345\x00", "pea"),
    ],
)
def test_a_keyword_is_not_named_by_parts_or_lookalikes(prediction, keyword):
    assert rows([(prediction, [keyword])]).tolist() == [[0, 0, 1]]


def test_the_longest_keyword_counts_where_several_begin():
    counts = rows(
        [
            ("Olive oil cake", ["Olive Oil"]),
            ("Olives in oil", ["Olive"]),
            ("Red bell pepper and pepper", ["Red Bell Pepper", "Bell Pepper", "Pepper"]),
            ("Red bell ringing", ["Red Bell Pepper"]),
        ]
    )

    assert counts.tolist() == [[1, 1, 1], [1, 1, 1], [2, 2, 3], [0, 0, 1]]


def test_singular_and_plural_of_different_samples_are_one_keyword():
    counts = rows([("Tomatoes", ["Tomato", "tomatoes", "TOMATO"]), ("Tomato", ["Tomatoes"])])

    assert counts.tolist() == [[1, 1, 1], [1, 1, 1]]


def test_a_text_with_commas_is_a_list_and_names_without_words_are_none():
    assert rows([("Basil", "Tomato,  basil,,—")]).tolist() == [[1, 1, 2]]
    assert rows([("Basil \U0001f345", ["\U0001f345", "", "—"])]).tolist() == [[0, 0, 0]]


def test_samples_without_the_field_are_left_out():
    metadata = [{"ingredients": ["Rice"]}, {}, {"ingredients": None}, {"ingredients": " "}]
    metadata += [{"ingredients": []}]
    references = [["a title"]] * 5

    counts = METRIC.statistics(answers_of(["Rice"] * 5, references, metadata=metadata))

    assert applies(counts).tolist() == [True, False, False, False, True]
    assert counts[[0, 4]].tolist() == [[1, 1, 1], [0, 1, 0]]
    assert METRIC.aggregate(counts[applies(counts)].sum(axis=0)) == pytest.approx([1 / 2, 1, 2 / 3])


@pytest.mark.parametrize(
    ("metadata", "fields"),
    [(None, "none"), ([{}], "none"), ([{"vessel": "bowl", "dish": ""}], "dish, vessel")],
)
def test_a_field_that_no_sample_has_is_an_error_that_names_those_they_have(metadata, fields):
    with pytest.raises(MetricError, match="no sample has the metadata field 'ingredients'") as e:
        METRIC.statistics(answers_of(["a"], [["a"]], metadata=metadata))

    assert e.value.hint.endswith(f"the samples have: {fields}")


@pytest.mark.parametrize("value", [3, {"a": 1}, ["a", 3], ["a", None], "['1 cup rice', 'salt']"])
def test_a_field_that_holds_no_names_is_an_error(value):
    with pytest.raises(MetricError, match="'ingredients' holds no list of names"):
        rows([("a", value)])


def test_the_field_can_be_chosen():
    metric = Keywords(TOOLS, field="vessel")

    counts = metric.statistics(
        answers_of(["Soup in a bowl"], [["Soup"]], metadata=[{"vessel": "bowl"}])
    )

    assert counts.tolist() == [[1, 1, 1]]
    assert list(metric.signature().items()) == [
        ("field", "vessel"),
        ("vocab", "corpus"),
        ("match", "longest"),
        ("case", "lc"),
        ("num", "any"),
        ("avg", "micro"),
    ]


def keyword_samples(*names):
    return [
        Sample(id=f"s{i}", media=(), references=("a title",), metadata={"ingredients": each})
        for i, each in enumerate(names)
    ]


def test_the_signature_names_the_keywords_that_can_be_named():
    named = METRIC.set_signature(keyword_samples(["Bell Pepper", "rice"], "basil"))

    assert [(name, len(digest)) for name, digest in named.items()] == [("vocabset", 12)]
    same = keyword_samples("basil, bell-pepper", ["RICE", "rice", "!"], [])
    assert METRIC.set_signature(same) == named
    assert METRIC.set_signature(keyword_samples(["Pepper", "rice"], "basil")) != named


@given(SAMPLES, st.randoms(use_true_random=False))
def test_sums_over_a_resample_score_it_as_if_computed_anew(samples, random):
    # A last sample keeps the vocabulary the same in any resample of the others.
    fixed = ("", NAMES)
    counts = rows([*samples, fixed])
    chosen = [*random.choices(range(len(samples)), k=len(samples)), len(samples)]

    anew = rows([*(samples[i] for i in chosen[:-1]), fixed])

    assert (counts[chosen] == anew).all()
    both, named, true = anew.sum(axis=0)
    expected = [both / named if named else 0, both / true, 2 * both / (named + true)]
    assert METRIC.aggregate(counts[chosen].sum(axis=0)) == pytest.approx(expected, abs=1e-12)
    assert (counts[:, 0] <= counts[:, 1:].min(axis=1)).all()


@given(st.lists(st.sampled_from(NAMES[2:6]), min_size=1, max_size=4))
def test_a_prediction_that_lists_its_keywords_is_perfect(names):
    counts = rows([(" and ".join(names), names), ("", NAMES)])

    assert METRIC.aggregate(counts[0]).tolist() == [1, 1, 1]


def test_a_whole_bootstrap_aggregates_at_once():
    counts = rows([("Rice", ["Rice"]), ("Rice", ["Basil"])])

    scores = METRIC.aggregate(np.array([[1, 1], [2, 0], [0, 2]]) @ counts)

    assert scores.tolist() == [[0.5, 0.5, 0.5], [1, 1, 1], [0, 0, 0]]
