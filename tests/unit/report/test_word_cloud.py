"""The cloud of words: larger where more frequent, the same for the same seed."""

import sys
from xml.etree import ElementTree

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from harness.media.ink import ink_box
from harness.records import Bar
from harness.report.word_cloud import _font, word_cloud

WORDS = [
    Bar(label=word, count=50 - 2 * i)
    for i, word in enumerate("soup pie tart pasta egg bowl jelly gipsy salad curry".split())
]


def texts(svg):
    return list(ElementTree.fromstring(svg).iter("text"))


def test_the_same_words_and_seed_give_the_same_picture():
    assert word_cloud(WORDS, seed=3) == word_cloud(WORDS, seed=3)
    assert word_cloud(WORDS, seed=3) != word_cloud(WORDS, seed=4)


def test_a_more_frequent_word_is_no_smaller():
    drawn = texts(word_cloud(WORDS, seed=0))
    assert [text.text for text in drawn] == [bar.label for bar in WORDS]
    sizes = [int(text.get("font-size")) for text in drawn]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]


def test_no_word_lies_on_another_or_outside():
    taken = np.zeros((440, 440), bool)
    for text in texts(word_cloud(WORDS, seed=0)):
        x, y, size = (int(text.get(name)) for name in ("x", "y", "font-size"))
        font = ImageFont.truetype(_font(), size)
        left, top, right, bottom = ink_box(_font(), text.text, size)
        assert 0 <= x + left < x + right <= 440
        assert 0 <= y + top < y + bottom <= 440
        paper = Image.new("L", (440, 440))
        ImageDraw.Draw(paper).text((x, y), text.text, fill="white", font=font, anchor="ls")
        ink = np.asarray(paper) > 128
        assert ink.any()
        assert not (ink & taken).any(), text.text
        taken |= ink


def test_a_word_too_long_to_be_one_keeps_no_other_out():
    svg = word_cloud([Bar(label="x" * 300, count=9), *WORDS], seed=0)
    assert "soup" in [text.text for text in texts(svg)]


def test_without_words_there_is_no_cloud():
    assert word_cloud([], seed=0) == ""


def test_without_the_package_there_is_no_cloud(monkeypatch):
    monkeypatch.setitem(sys.modules, "wordcloud", None)
    assert word_cloud(WORDS, seed=0) is None
