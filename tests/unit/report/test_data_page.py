"""The page of a data card: whole, inert whatever strangers wrote, and to be read by everyone."""

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from harness.dataset.facts import facts_of
from harness.fingerprint import sha256_file
from harness.media import probe
from harness.records import DataAccount, DatasetConfig, Finding, Sample, Where
from harness.report.data_page import data_page
from harness.report.escape import html

HOSTILE = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</svg><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "<iframe src=javascript:alert(1)></iframe>",
    "<a href='javascript:alert(1)'>cake</a>",
    "<meta http-equiv=refresh content='0;url=http://example.org'>",
    "<base href=http://example.org/>",
    "<link rel=stylesheet href=http://example.org/x.css>",
    "<style>*{display:none}</style>",
    "<!-- the rest is gone",
    "<![CDATA[ x ]]>",
    "{{ 7 * 7 }}{% raw %}{# gone #}",
    "&lt;b&gt; &amp; &#60;script&#62;",
    "\u202eekac\u202c \x1b[31mred\x00 \u2028 \x85",
    "<math><mtext></p><textarea></style><img src=x onerror=alert(1)>",
]
ALLOWED = set(
    "html head meta title style body header h1 p dl div dt dd main h2 h3 figure img figcaption ul "
    "li span section svg path rect text b code footer".split()
)


class Page(HTMLParser):
    """Elements, their attributes and all text of a page."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.said, self.images = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.said.append(data)

    def handle_comment(self, data):
        self.elements.append(("comment", {}))


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "wide.png"
    Image.new("RGB", (640, 200), "red").save(path)
    return probe(path)


def page_of(text, *media, references=None):
    samples = [
        Sample(id=f"{text}{i}", references=references or (text, "soup soup"), media=media)
        for i in range(2)
    ]
    finding = (Finding(what=text, count=2, examples=(text,)),)
    dataset = DatasetConfig(
        name=text, description=text, format="csv", path=Path("x.csv"), id_column="id",
        image_columns=("i",), reference_columns=("t",), metadata_columns=(), cluster_column=None,
        image_root=Path(), image_suffix="", clean=(), where=Where(path=Path("x.yaml")),
    )  # fmt: skip
    account = DataAccount(
        rows=4, left_out=finding, ending=finding, mended=finding, suspicious=finding, notes=(text,)
    )
    return data_page(dataset, account, facts_of(samples), samples, seed=0)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_stranger_wrote_is_text_and_nothing_else(text, picture):
    page = Page(page_of(text, picture))
    assert {tag for tag, _ in page.elements} <= ALLOWED
    for tag, attributes in page.elements:
        assert not [
            name for name in attributes if name.startswith("on") or name in ("href", "style")
        ]
        if "src" in attributes:
            assert tag == "img"
            assert re.fullmatch(r"data:image/webp;base64,[A-Za-z0-9+/=]+", attributes["src"])
    assert html(text) in [said.strip(" ") for said in page.said]


def test_the_page_loads_nothing_and_runs_nothing(picture):
    page = Page(page_of("soup", picture))
    policy = next(a["content"] for _, a in page.elements if "http-equiv" in a)
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "http" not in page_of("soup", picture).replace("http-equiv", "")


def test_every_picture_says_what_it_is(picture):
    page = Page(page_of("soup", picture))
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    assert len(images) == 3  # two samples, and the picture that they share
    assert all(attributes["alt"].startswith("image of sample soup") for attributes in images)
    drawn = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert drawn
    assert all(attributes["role"] == "img" for attributes in drawn)


def test_a_picture_is_whole(picture):
    page = Page(page_of("soup", picture))
    uri = next(attributes["src"] for tag, attributes in page.elements if tag == "img")
    with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as small:
        assert small.size == (320, 100)


def test_an_image_that_has_gone_is_said_to_be_missing(picture):
    picture.path.unlink()
    assert "not on this machine" in page_of("soup", picture)


def test_an_image_that_is_there_and_damaged_is_said_to_be_so(picture):
    content = picture.path.read_bytes()
    picture.path.write_bytes(content[:60] + bytes(len(content) - 80) + content[-20:])
    page = page_of("soup", replace(picture, sha256=sha256_file(picture.path)))
    assert "damaged: it cannot be decoded" in page
    assert "not on this machine" not in page


def test_a_text_is_cut_wherever_it_stands_and_its_length_is_said(picture):
    page = page_of("soup", picture, references=("x" * 1_000_000, "soup"))
    assert len(page) < 100_000
    assert "… (1,000,000 letters)" in page


def test_without_wordcloud_the_page_says_how_to_have_the_cloud(monkeypatch, picture):
    monkeypatch.setattr("harness.report.data_page.word_cloud", lambda *_, **__: None)
    assert "pip install '.[card]'" in html_text(page_of("soup", picture))


def test_what_does_not_differ_is_said_and_not_drawn(picture):
    page = html_text(page_of("corn soup", picture, references=("corn soup",)))
    assert "Every reference has 2 words." in page
    assert "Every sample has 1 reference." in page
    assert "Every image is 640 × 200 pixels." in page


def html_text(page):
    return "".join(Page(page).said)


def _luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_stands_out_from_the_page(scheme, picture):
    """By WCAG 2.2, AA: 4.5 to 1 for texts, 3 to 1 for what is drawn."""
    rule = re.findall(r":root \{ (--ink[^}]*)\}", page_of("soup", picture))[scheme]
    colours = dict(re.findall(r"--(\w+): (#\w+);", rule))
    paper = _luminance(colours["paper"])
    for name in ("ink", "quiet", "bar", "w0", "w1", "w2", "w3", "w4"):
        lighter, darker = sorted((paper, _luminance(colours[name])), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, name
