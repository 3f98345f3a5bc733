"""``harness.score``: lists of texts get the numbers that a run of them gets."""

import json

import pytest

import harness
from harness.errors import DataError, HarnessError
from harness.frames import RESULTS, SCORES

TEXTS = ["Lemon Shrimp", "Avocado and Tomato Salad", "Toast with an Egg", None]


def test_the_numbers_are_those_of_a_run(project, monkeypatch):
    monkeypatch.chdir(project)
    rows = [{"id": f"s{i}", "text": text} for i, text in enumerate(TEXTS, 1) if text]
    (project / "mine.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    metrics = ["bleu", "rouge_l", "cider", "exact_match"]
    run = harness.score_file("mine.jsonl", "dishes", metrics=metrics)
    references = [sample.references for sample in run.samples]

    scored = harness.score(TEXTS, references, metrics=metrics, ids=["s1", "s2", "s3", "s4"])

    for ours, theirs in zip(scored.measured, run.summary.results, strict=True):
        assert (ours.metric, ours.value, ours.interval) == (
            theirs.metric, theirs.value, theirs.interval
        )  # fmt: skip
        assert (ours.n_scored, ours.n_unscored) == (3, 1)
        assert ours.signature == theirs.signature
    keys = ["sample_id", "metric", "status", "value"]
    assert scored.scores[keys].equals(run.scores[keys])


def test_it_gives_frames_signatures_and_single_numbers():
    scored = harness.score(["a cat", "a dog"], ["a cat", ["a cow", "the dog"]], metrics="rouge_l")
    assert scored.value("ROUGE_L") == pytest.approx((1 + 0.5) / 2)
    assert list(scored.scores["value"]) == [1.0, pytest.approx(0.5)]
    assert list(scored.scores["sample_id"]) == ["0", "1"]
    assert {name: str(kind) for name, kind in scored.scores.dtypes.items()} == SCORES
    assert {name: str(kind) for name, kind in scored.results.dtypes.items()} == RESULTS
    assert scored.signatures["ROUGE_L"].startswith("ROUGE_L|")
    with pytest.raises(KeyError, match="there are ROUGE_L"):
        scored.value("CIDEr")
    assert "0.7500" in scored._repr_html_()


def test_post_processing_and_clusters_are_those_of_a_run():
    texts = ["  Soup", "Soup", "Salad"] * 4
    wanted = ["Soup", "Soup", "Soup"] * 4
    plain = harness.score(texts, wanted, metrics=["exact_match"], tokenizer="none")
    mended = harness.score(texts, wanted, metrics=["exact_match"], steps=["strip"])
    assert plain.value("EXACT") == pytest.approx(1 / 3)
    assert mended.value("EXACT") == pytest.approx(2 / 3)
    assert "pp:strip" in mended.signatures["EXACT"]
    together = harness.score(texts, wanted, metrics=["exact_match"], clusters=[1, 2, 3] * 4)
    assert together.measured[0].units == 3


@pytest.mark.parametrize(
    ("predictions", "references", "more", "said"),
    [
        ([], [], {}, "no predictions"),
        ("Soup", ["Soup"], {}, "one text"),
        (["Soup"], "Soup", {}, "one text"),
        (["a", "b"], ["a"], {}, "2 predictions and 1 references"),
        (["a", "b"], ["a", "b"], {"ids": ["x", "x"]}, "'x' stands twice"),
        (["a"], ["a"], {"clusters": []}, "0 clusters"),
        ([3], ["a"], {}, "prediction 0 is no text"),
        (["a", "b"], ["a", []], {}, "prediction 1 has no reference"),
        (["a"], [float("nan")], {}, "prediction 0 has no reference: nan"),
        (["a"], [["b", None]], {}, "reference of prediction 0 is no text"),
    ],
)
def test_what_cannot_be_scored_is_refused(predictions, references, more, said):
    with pytest.raises(DataError, match=said):
        harness.score(predictions, references, metrics=["exact_match"], **more)


def test_an_unknown_metric_or_step_is_told_with_what_is_near():
    for more in ({"metrics": ["cidre"]}, {"metrics": ["cider"], "steps": ["stripp"]}):
        with pytest.raises(HarnessError):
            harness.score(["a"], ["a"], **more)
