"""Bar charts: as long as what they count, and well-formed whatever their names."""

from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from harness.records import Bar
from harness.report.bar_chart import WIDTH, lying_bars, upright_bars

COUNTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=26).filter(any)


def bars_of(counts):
    return [Bar(label=f"{i * 100}–{i * 100 + 99}", count=count) for i, count in enumerate(counts)]


def drawn(svg, side):
    root = ElementTree.fromstring(svg)
    return root, [float(rect.get(side)) for rect in root.iter("rect")]


@given(COUNTS)
def test_an_upright_bar_is_as_tall_as_its_count(counts):
    _, heights = drawn(upright_bars(bars_of(counts), title="t", below="b"), "height")
    most = max(counts)
    for height, count in zip(heights, counts, strict=True):
        assert abs(height / max(heights) - count / most) < 0.002


@given(COUNTS)
def test_the_numbers_at_the_side_go_beyond_the_most(counts):
    root, _ = drawn(upright_bars(bars_of(counts), title="t", below="b"), "height")
    side = [
        int(t.text.replace(",", "")) for t in root.iter("text") if t.get("text-anchor") == "end"
    ]
    assert side[0] == 0
    assert side[-1] >= max(counts) > side[-2]
    assert len(side) <= 6


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=20))
def test_a_lying_bar_is_as_long_as_its_count(counts):
    bars = [Bar(label="w", count=count) for count in counts]
    _, widths = drawn(lying_bars(bars, title="t"), "width")
    for width, count in zip(widths, counts, strict=True):
        assert abs(width - max(max(widths) * count / max(counts), 1)) < 0.2


@given(st.text(max_size=30))
def test_any_text_may_be_a_name(text):
    for svg in (
        upright_bars([Bar(label=text, count=3)], title=text, below=text),
        lying_bars([Bar(label=text, count=3)], title=text),
    ):
        root = ElementTree.fromstring(svg)
        assert {element.tag for element in root.iter()} <= {"svg", "path", "rect", "text", "title"}


def test_names_below_do_not_run_into_each_other():
    svg = upright_bars(bars_of([1] * 24), title="t", below="b")
    below = [
        (float(t.get("x")), len(t.text))
        for t in ElementTree.fromstring(svg).iter("text")
        if t.get("text-anchor") == "middle" and t.text.isdigit()
    ]
    for (x, letters), (after, _) in pairwise(below):
        assert x + letters * 6.6 <= after + 0.1


def test_who_does_not_see_the_chart_is_told_every_number():
    svg = lying_bars([Bar(label="soup", count=1200), Bar(label="pie", count=3)], title="words")
    assert ElementTree.fromstring(svg).get("aria-label") == "words: soup: 1,200, pie: 3"


def test_names_are_cut_to_their_room_and_told_with_their_length():
    [shown, told] = [
        element.text
        for element in ElementTree.fromstring(
            lying_bars([Bar(label="W" * 5000, count=3)], title="t")
        ).iter()
        if element.tag in ("title", "text") and "W" in element.text
    ]
    assert shown == "W" * 8 + "…"
    assert told == "W" * 80 + "… (5,000 letters): 3"


def test_an_open_last_range_stands_within_the_chart():
    bars = [Bar(label=str(i), count=3_000_000) for i in range(1, 13)]
    svg = upright_bars([*bars, Bar(label="13 or more", count=1)], title="t", below="b")
    texts = list(ElementTree.fromstring(svg).iter("text"))
    [last] = [text for text in texts if text.text == "13 or more"]
    assert float(last.get("x")) + len("13 or more") * 7.8 / 2 <= WIDTH
    [side] = [text for text in texts if text.text == "3,000,000"]
    assert float(side.get("x")) >= len("3,000,000") * 7.8
