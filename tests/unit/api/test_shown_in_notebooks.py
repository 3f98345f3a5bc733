"""What a notebook shows of a run, a comparison, slices and a gallery; nothing of it can run."""

import base64
import io
import json
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

import harness
from harness.errors import DataError, MetricError, StoreError

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202e\x1b[31m"


class Seen(HTMLParser):
    """The elements, attributes and texts of a page."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.attributes, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def run(project, monkeypatch):
    monkeypatch.chdir(project)
    return harness.evaluate("prompts/titles")


def test_a_run_shows_its_verdict_before_its_table(run):
    seen = Seen(run._repr_html_())
    assert seen.elements.count("table") == 1
    verdict = seen.text.index("On ")
    assert verdict < seen.text.index("BLEU_1")
    for system in ("plain", "title"):
        value = run.summary.value(system, "CIDEr")
        assert f"{value:.4f}" in seen.text
    assert Seen(run.table()._repr_html_()).elements.count("table") == 1


def test_a_run_that_did_not_finish_says_so(run):
    (run.path / "summary.json").unlink()
    seen = Seen(harness.Run(path=run.path)._repr_html_())
    assert "did not finish" in seen.text


def test_a_comparison_shows_every_pair(run):
    compared = run.compare("plain", "title")
    seen = Seen(compared._repr_html_())
    assert seen.elements.count("tr") == 1 + sum(len(m.pairs) for m in compared.metrics)
    assert "Exploratory" in seen.text


def test_what_cannot_be_decided_stands_where_the_verdict_does(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.setenv("HARNESS_JAVA", "/nowhere/java")
    suite = project / "prompts/titles/suite.yaml"
    text = suite.read_text().replace("cider]", "cider, meteor]")
    suite.write_text(f"{text}decide: {{metric: METEOR, baseline: plain}}\n")
    run = harness.evaluate("prompts/titles")
    for page in (run._repr_html_(), run.compare()._repr_html_()):
        [verdict] = re.findall(r'class="verdict">(.*)</p>', page)
        assert verdict.startswith("Undecided: METEOR, which the suite declares, has no value")


def test_slices_are_shown(project, run):
    rows = [{"id": f"x{i}", "image": "s1.png", "title": f"Soup {i}", "n": i % 2} for i in range(40)]
    (project / "datasets/dishes/samples.jsonl").write_text(
        "".join(f"{json.dumps(r)}\n" for r in rows)
    )
    sliced = harness.evaluate("prompts/titles").slices("n")
    seen = Seen(sliced._repr_html_())
    assert seen.elements.count("tr") == 1 + len(sliced.scores) > 2


def test_a_gallery_holds_whole_pictures(run):
    gallery = run.gallery("title", count=2)
    assert [shown.id for shown in gallery.samples] == ["s1", "s2"]
    pictures = re.findall(r'src="data:image/webp;base64,([^"]+)"', gallery._repr_html_())
    assert len(pictures) == 2
    for picture in pictures:
        with Image.open(io.BytesIO(base64.b64decode(picture))) as opened:
            assert opened.size == (64, 48)  # the whole of it, no square
    [told] = gallery.samples[0].told
    assert told.text == run.answers("title")[0].text
    assert f"{told.score:.4f}" in gallery._repr_html_()


def test_a_gallery_is_chosen_by_id_by_chance_and_by_score(run):
    def ids(**how):
        return [shown.id for shown in run.gallery("plain", "title", **how).samples]

    assert ids(ids=["s3", "s1"]) == ["s3", "s1"]
    assert ids(pick="random", count=2, seed=1) == ids(pick="random", count=2, seed=1)
    assert len(ids(pick="random", count=99)) == 4
    wide = run.scores[run.scores.metric == "ROUGE_L"].pivot(
        index="sample_id", columns="system", values="value"
    )
    gain = wide["title"] - wide["plain"]
    won = ids(pick="win", metric="ROUGE_L")
    assert list(gain[won]) == sorted(gain, reverse=True)
    assert list(gain[ids(pick="loss", metric="ROUGE_L")]) == sorted(gain)
    worst = wide.mean(axis=1)
    assert list(worst[ids(pick="worst", metric="ROUGE_L")]) == sorted(worst)


def test_what_a_gallery_cannot_show_is_told(run):
    with pytest.raises(StoreError, match="no system 'titel'"):
        run.gallery("titel")
    with pytest.raises(DataError, match="no sample 's9'"):
        run.gallery(ids=["s9"])
    with pytest.raises(DataError, match="'wins' chooses no samples"):
        run.gallery(pick="wins")
    with pytest.raises(MetricError, match="no metric 'CIDER'"):
        run.gallery(metric="CIDER")


def test_a_picture_that_is_gone_is_taken_from_the_run_or_told(project, run):
    for path in (project / "datasets/dishes/images").iterdir():
        path.unlink()
    assert run.gallery(count=1)._repr_html_().count("data:image/webp") == 1
    for path in (run.path / "report_files/thumbs").iterdir():
        path.unlink()
    assert "not on this machine" in run.gallery(count=1)._repr_html_()


def test_no_text_from_outside_can_run(project, monkeypatch):
    monkeypatch.chdir(project)
    samples = project / "datasets/dishes/samples.jsonl"
    rows = [json.loads(line) for line in samples.read_text().splitlines()]
    rows = [{**row, "id": f"{HOSTILE}{i}", "title": HOSTILE} for i, row in enumerate(rows)]
    samples.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    name = HOSTILE.partition("\u202e")[0]  # a name with what cannot be seen is refused
    texts = [{"id": row["id"], "system": f"{letter}{name}", "text": HOSTILE + letter}
             for row in rows for letter in "ab"]  # fmt: skip
    (project / "x.jsonl").write_text("".join(f"{json.dumps(text)}\n" for text in texts))
    run = harness.score_file("x.jsonl", "dishes", metrics=["exact_match", "rouge_l"])
    pages = [run._repr_html_(), run.compare()._repr_html_(), run.gallery()._repr_html_()]
    pages.append(harness.score([HOSTILE], [HOSTILE], metrics=["exact_match"])._repr_html_())
    for page in pages:
        seen = Seen(page)
        assert "script" not in seen.elements
        assert not [name for _, name, _ in seen.attributes if name.startswith("on")]
        assert not [
            v for _, n, v in seen.attributes if n in ("src", "href") and "data:image/webp" not in v
        ]
        assert "\u202e" not in page
        assert "\x1b" not in page
    assert "<script>" in Seen(pages[2]).text
