"""BLEU, ROUGE-L and CIDEr against pycocoevalcap's own scorers on any words; no Java."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocoevalcap.bleu.bleu import Bleu as TheirBleu
from pycocoevalcap.cider.cider import Cider as TheirCider
from pycocoevalcap.rouge.rouge import Rouge as TheirRouge

from harness.errors import MetricError
from harness.metrics.bare_texts import answers_of
from harness.metrics.caption import Bleu, Cider, RougeL
from harness.metrics.registry import METRICS, create
from harness.metrics.tools import ScoringTools
from harness.records import Sample

# One letter, two words that share a prefix, a token with PTB's no-break space, an accent.
WORDS = st.sampled_from(["a", "b", "dog", "dogs", "1\u00a01/2", "crème", "b-c"])
TEXTS = st.lists(WORDS, max_size=9).map(" ".join)
SAMPLES = st.lists(
    st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=3)), min_size=2, max_size=8
)


class RawTools(ScoringTools):
    """Takes texts for tokens, so that both sides see the very same, no-break spaces too."""

    def tokenize(self, texts):
        return list(texts)


@pytest.fixture(scope="module")
def raw():
    return RawTools(tokenizer="none")


def theirs(scorer, predictions, references, **options):
    corpus, samples = scorer.compute_score(
        dict(enumerate(map(list, references))),
        {index: [text] for index, text in enumerate(predictions)},
        **options,
    )
    return np.array(corpus), np.array(samples)


def ours(metric, samples):
    predictions, references = zip(*samples, strict=True)
    rows = metric.statistics(answers_of(predictions, references))
    return metric.aggregate(rows.sum(axis=0)), metric.aggregate(rows)


@given(SAMPLES)
@settings(max_examples=300)
def test_bleu_is_theirs(raw, samples):
    corpus, each = ours(Bleu(raw), samples)

    expected, expected_each = theirs(TheirBleu(4), *zip(*samples, strict=True), verbose=0)
    assert np.abs(corpus - expected).max() <= 1e-12
    assert np.abs(each - expected_each.T).max() <= 1e-12


@given(SAMPLES)
@settings(max_examples=300)
def test_rouge_l_is_theirs_but_for_two_empty_texts(raw, samples):
    corpus, each = ours(RougeL(raw), samples)

    _, expected = theirs(TheirRouge(), *zip(*samples, strict=True))
    expected[[prediction == "" for prediction, _ in samples]] = 0.0
    assert np.abs(each[:, 0] - expected).max() <= 1e-12
    assert corpus == pytest.approx([expected.mean()], abs=1e-12)


@given(SAMPLES.filter(lambda samples: any(text for _, texts in samples for text in texts)))
@settings(max_examples=300)
def test_cider_is_theirs(raw, samples):
    corpus, each = ours(Cider(raw), samples)

    expected, expected_each = theirs(TheirCider(), *zip(*samples, strict=True))
    assert corpus == pytest.approx([float(expected)], abs=1e-12)
    assert np.abs(each[:, 0] - expected_each).max() <= 1e-12


@pytest.mark.parametrize("words", [63, 64, 65, 200, 512, 513])
def test_long_texts_have_the_same_rouge_l(raw, words):
    random = np.random.default_rng(words)
    texts = [" ".join(random.choice(list("abcdefg"), size)) for size in (words, words, 40, 600)]
    samples = [(text, [other]) for text in texts for other in texts]

    _, each = ours(RougeL(raw), samples)

    _, expected = theirs(TheirRouge(), *zip(*samples, strict=True))
    assert np.abs(each[:, 0] - expected).max() <= 1e-12


def test_a_system_scores_the_same_whichever_texts_came_before():
    predictions = ["a dog runs home", "two cats", "", "a dog a dog a dog"]
    references = [["a dog ran home", "the dog runs"], ["cats"], ["no words"], ["a dog"]]
    for kind in (Bleu, RougeL, Cider):
        tools = RawTools(tokenizer="none")
        kind(tools).statistics(
            answers_of(["other words first", "cats"], [["a b c d e"], ["two cats run"]])
        )
        after = kind(tools).statistics(answers_of(predictions, references))
        alone = kind(RawTools(tokenizer="none")).statistics(answers_of(predictions, references))
        assert after == pytest.approx(alone, abs=1e-15)


@pytest.mark.parametrize("kind", [Bleu, RougeL])
@given(SAMPLES, st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_sums_over_a_resample_score_it_as_if_computed_anew(raw, kind, samples, random):
    metric = kind(raw)
    predictions, references = zip(*samples, strict=True)
    rows = metric.statistics(answers_of(predictions, references))
    chosen = random.choices(range(len(samples)), k=len(samples))

    anew, _ = ours(metric, [samples[index] for index in chosen])

    assert metric.aggregate(rows[chosen].sum(axis=0)) == pytest.approx(anew, abs=1e-9)


def test_an_empty_prediction_scores_nothing_even_against_an_empty_reference(raw):
    corpus, each = ours(RougeL(raw), [("", ["", "a dog"]), ("a dog", ["a dog"])])

    assert each.tolist() == [[0.0], [1.0]]
    assert corpus == pytest.approx([0.5])


@pytest.mark.parametrize("texts", [[], ["a dog runs home"]])
def test_cider_refuses_to_weigh_words_by_fewer_than_two_samples(raw, texts):
    with pytest.raises(MetricError, match="CIDEr weighs words by how few samples use them"):
        Cider(raw).statistics(answers_of(texts, [[text] for text in texts]))


def test_cider_is_0_where_no_reference_has_a_word(raw):
    _, each = ours(Cider(raw), [("", [""]), ("a dog", ["", ""])])

    assert each.tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize("name", list(METRICS))
def test_a_sample_without_a_reference_is_a_programming_error(raw, name):
    with pytest.raises(AssertionError, match="without a reference"):
        create(name, raw).statistics(answers_of(["a", "b"], [["a"], []]))


# The jars as sha256sum tells them.
PTB = "tok:ptb|case:lc|tokjar:stanford-corenlp-3.4.1#2fcb91bb7a11|mend:line-1"
NONE = "tok:none|case:mixed|mend:line-1"


@pytest.mark.parametrize(
    ("name", "tokenizer", "signature"),
    [
        ("bleu", "ptb", f"{PTB}|reflen:closest|smooth:none|impl:pycocoevalcap-1.2"),
        ("bleu", "none", f"{NONE}|reflen:closest|smooth:none|impl:pycocoevalcap-1.2"),
        ("rouge_l", "ptb", f"{PTB}|beta:1.2|impl:pycocoevalcap-1.2"),
        ("cider", "ptb", f"{PTB}|df:corpus|variant:d|sigma:6|impl:pycocoevalcap-1.2"),
        (
            "meteor",
            "none",
            "tok:none|case:lc|mend:line-1|meteor:1.5|lang:en|jar:meteor-1.5#1e57b4c72c08|words:300"
            "|impl:pycocoevalcap-1.2",
        ),
    ],
)
def test_a_signature_says_what_decides_the_number(name, tokenizer, signature):
    fields = create(name, ScoringTools(tokenizer=tokenizer)).signature()

    assert "|".join(f"{key}:{value}" for key, value in fields.items()) == signature


def references_of(*references):
    return [Sample(id=f"s{i}", media=(), references=texts) for i, texts in enumerate(references)]


def test_cider_names_the_references_that_its_weights_come_from():
    metric = create("cider", ScoringTools(tokenizer="none"))
    soup, stew = ("tomato soup", "red soup"), ("beef stew",)
    named = metric.set_signature(references_of(soup, stew))

    # printf '[["beef stew"],["red soup","tomato soup"]]' | sha256sum
    assert named == {"refset": "6be7217012fd"}
    same = references_of(stew, ("red  soup\n", "tomato soup"))
    assert metric.set_signature(same) == named
    for other in ((soup,), (soup, ("beef pie",)), (soup, stew, stew), (soup[:1], stew)):
        assert metric.set_signature(references_of(*other)) != named
    assert create("bleu", metric._tools).set_signature(references_of(soup, stew)) == {}
