from dataclasses import replace

import numpy as np
import pytest

from harness import scores as scoring
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools
from harness.records import Answer, Completion, Prediction, Sample
from harness.units import clusters_of

TITLES = ["lemon shrimp skillet", "tomato salad", "corn chowder with bacon", "egg toast"]
SAMPLES = [Sample(id=f"s{i}", media=(), references=(title,)) for i, title in enumerate(TITLES)]


def good(text):
    return Prediction(value=text, status="ok" if text else "empty", steps=())


FAILED = Prediction(value=None, status="failed", steps=(), reason="no memory")


def answers(draw, samples):
    return {
        system: [
            Answer(
                sample=sample,
                completion=Completion(key="", text=said.value or "", finish_reason="stop"),
                prediction=said,
            )
            for sample, said in zip(samples, predictions, strict=True)
        ]
        for system, predictions in draw.items()
    }


def measure(metrics, draws, samples):
    drawn = {system: sum(system in draw for draw in draws) for system in draws[0]}
    measured = scoring.Measured(metrics, drawn, samples)
    for number, draw in enumerate(draws):
        for system, made in answers(draw, samples).items():
            measured.add(number, system, np.arange(len(samples)), made)
    measured.finish()
    return measured


def score(metrics, draws, samples, post):
    return scoring.score(measure(metrics, draws, samples), post, clusters_of(samples))


def made(*names):
    return {name: create(name, ScoringTools(tokenizer="none")) for name in names}


def per_sample(scored):
    systems = dict.fromkeys(result.system for result in scored.results)
    return list(scoring.sample_scores(scored, made(*scored.statistics), list(systems), SAMPLES))


def run(predictions, names=("bleu", "rouge_l", "cider")):
    metrics = made(*names)
    post = dict.fromkeys(predictions, "strip")
    return score(metrics, [predictions], SAMPLES, post)


def value(scored, system, metric):
    [found] = [r for r in scored.results if (r.system, r.metric) == (system, metric)]
    return found


def test_a_failed_sample_is_left_out_and_counted_and_an_empty_one_is_scored():
    scored = run(
        {
            "all": [good(title) for title in TITLES],
            "one failed": [FAILED, *(good(title) for title in TITLES[1:])],
            "one empty": [good(""), *(good(title) for title in TITLES[1:])],
        }
    )
    assert value(scored, "all", "ROUGE_L").value == pytest.approx(1.0)
    failed = value(scored, "one failed", "ROUGE_L")
    assert (failed.value, failed.n_scored, failed.n_unscored) == (pytest.approx(1.0), 3, 1)
    assert value(scored, "one empty", "ROUGE_L").value == pytest.approx(0.75)
    of_one = [len(s.values) for s in per_sample(scored) if s.system == "one failed"]
    assert of_one == [3] * 6
    assert scored.scored.tolist()[1] == [False, True, True, True]


def test_cider_weighs_systems_with_different_failures_alike():
    scored = run(
        {
            "all": [good(title) for title in TITLES],
            "one failed": [FAILED, *(good(title) for title in TITLES[1:])],
        }
    )
    by_sample = {
        (column.system, sample): value
        for column in per_sample(scored)
        if column.metric == "CIDEr"
        for sample, value in zip(column.sample_ids, column.values, strict=True)
    }
    for sample in ("s1", "s2", "s3"):
        assert by_sample["all", sample] == by_sample["one failed", sample]


def test_a_system_with_no_prediction_has_no_score_and_a_reason():
    scored = run({"good": [good(title) for title in TITLES], "dead": [FAILED] * 4})
    result = value(scored, "dead", "CIDEr")
    assert (result.value, result.interval, result.missing) == (
        None,
        None,
        "no sample has a prediction",
    )
    assert value(scored, "good", "CIDEr").value is not None


def test_the_interval_holds_the_value_and_the_signature_says_how():
    texts = ["lemon shrimp", "tomato soup", "corn chowder", "toast"]
    samples = [Sample(id=f"s{i}", media=(), references=(TITLES[i % 4],)) for i in range(40)]
    metrics = {"bleu": create("bleu", ScoringTools(tokenizer="none"))}
    scored = score(metrics, [{"a": [good(text) for text in texts] * 10}], samples, {"a": "strip"})
    result = value(scored, "a", "BLEU_1")
    low, high = result.interval
    assert low < result.value < high
    assert (result.units, result.no_interval) == (40, None)
    assert result.signature.long().startswith("BLEU_1|tok:none|")
    assert "|refs:1|n:40|unscored:0|pp:strip|v:" in result.signature.long()


def test_where_there_is_no_interval_it_is_said_why():
    texts = ["lemon shrimp", "tomato soup", "corn chowder", "toast"]
    few = value(run({"a": [good(text) for text in texts]}), "a", "BLEU_1")
    assert (few.interval, few.no_interval) == (None, "fewer than 6 independent units")
    assert few.units == 4

    samples = [Sample(id=f"s{i}", media=(), references=(TITLES[i % 4],)) for i in range(40)]
    metrics = {name: create(name, ScoringTools(tokenizer="none")) for name in ("bleu", "cider")}
    wrong = [good("nothing of it is there")] * 40
    scored = score(metrics, [{"a": wrong}], samples, {"a": "none"})
    assert {r.no_interval for r in scored.results} == {"too few matches"}


def test_a_share_of_nothing_has_an_interval_and_a_score_of_nothing_has_none():
    """Fault: exact match 0 of 20 had the interval 0 to 0."""
    samples = [Sample(id=f"s{i}", media=(), references=(TITLES[i % 4],)) for i in range(20)]
    names = ("exact_match", "rouge_l")
    metrics = {name: create(name, ScoringTools(tokenizer="none")) for name in names}
    scored = score(metrics, [{"a": [good("no")] * 20}], samples, {"a": "none"})
    exact, rouge = value(scored, "a", "EXACT"), value(scored, "a", "ROUGE_L")
    assert exact.interval == pytest.approx((0, 0.161), abs=5e-4)
    assert (rouge.interval, rouge.no_interval) == (None, "too few matches")


def test_cider_of_other_references_has_another_signature_and_bleu_has_not():
    """Found: one signature for .601 among one set of references and .373 among another."""
    texts = [good(text) for text in ("lemon shrimp", "tomato soup", "corn chowder", "toast")]
    metrics = {name: create(name, ScoringTools(tokenizer="none")) for name in ("bleu", "cider")}
    further = [*SAMPLES, Sample(id="s4", media=(), references=("lemon tart",))]
    small = score(metrics, [{"a": texts}], SAMPLES, {"a": "strip"})
    large = score(metrics, [{"a": [*texts, FAILED]}], further, {"a": "strip"})

    cider, bleu = (
        value(small, "a", metric).signature.differences(value(large, "a", metric).signature)
        for metric in ("CIDEr", "BLEU_1")
    )
    assert [each.field for each in cider.computed] == ["refset"]
    assert value(small, "a", "CIDEr").value != value(large, "a", "CIDEr").value
    assert bleu.comparable
    assert [each.field for each in bleu.data] == ["unscored"]
    assert value(small, "a", "BLEU_1").value == value(large, "a", "BLEU_1").value


def test_copies_of_a_sample_do_not_make_a_score_surer():
    texts = ["lemon shrimp", "tomato soup", "corn chowder", "toast"] * 3
    few = [Sample(id=f"s{i}", media=(), references=(TITLES[i % 4],)) for i in range(12)]
    copied = [
        Sample(id=f"{s.id}-{n}", media=(), references=s.references, cluster=s.id)
        for s in few
        for n in range(10)
    ]

    def width(samples, said):
        metrics = {"rouge_l": create("rouge_l", ScoringTools(tokenizer="none"))}
        scored = score(metrics, [{"a": said}], samples, {"a": "none"})
        low, high = scored.results[0].interval
        return high - low

    honest = width(few, [good(text) for text in texts])
    cloned = width(copied, [good(text) for text in texts for _ in range(10)])
    # Taken for observations of their own they would make it a third as wide.
    assert cloned == pytest.approx(honest, rel=0.1)


def test_draws_are_averaged_within_their_sample_and_a_failed_one_is_left_out_of_its_mean():
    metrics = {"rouge_l": create("rouge_l", ScoringTools(tokenizer="none"))}
    right = [good(title) for title in TITLES]
    draws = [
        {"a": right, "b": right},
        {"a": [good("")] * 4, "b": [FAILED, *right[1:]]},
        {"a": [good("")] * 4, "b": [FAILED, good(""), *right[2:]]},
    ]

    scored = score(metrics, draws, SAMPLES, {"a": "none", "b": "none"})

    assert scored.statistics["rouge_l"].shape == (2, 4, 2)
    assert scored.statistics["rouge_l"][..., 0] == pytest.approx(
        np.array([[1 / 3] * 4, [1, 2 / 3, 1, 1]])
    )
    assert value(scored, "a", "ROUGE_L").value == pytest.approx(1 / 3)
    assert value(scored, "b", "ROUGE_L").n_unscored == 0
    # Four samples, not twelve, however often each was drawn.
    assert "|n:4|draws:3|" in value(scored, "a", "ROUGE_L").signature.long()
    assert value(scored, "a", "ROUGE_L").units == 4


def test_the_best_of_several_draws_is_told_beside_their_mean():
    metrics = {name: create(name, ScoringTools(tokenizer="none")) for name in ("rouge_l", "bleu")}
    right = [good(title) for title in TITLES]
    draws = [
        {"once": right, "twice": [right[0], good(""), FAILED, right[3]]},
        {"twice": [good(""), right[1], FAILED, FAILED]},
    ]

    best = scoring.best_of(measure(metrics, draws, SAMPLES))
    mean = score(metrics, draws, SAMPLES, {"once": "none", "twice": "none"})

    assert list(best) == ["twice"]
    assert best["twice"]["ROUGE_L"] == pytest.approx(1.0)
    assert best["twice"]["BLEU_1"] == pytest.approx(1.0)
    found = value(mean, "twice", "ROUGE_L")
    assert (found.value, found.n_scored, found.n_unscored) == (pytest.approx(2 / 3), 3, 1)
    assert found.signature.get("draws") == "2"
    assert value(mean, "once", "ROUGE_L").signature.get("draws") is None


class Places:
    """A whole metric, as a package's may be: an answer's score is its place among those given."""

    columns = ("PLACE",)
    whole = True

    def __init__(self):
        self.given = []

    def among(self, samples):
        return self

    def statistics(self, given):
        self.given.append([answer.sample.id for answer in given])
        return np.array([[place, 1.0] for place, _ in enumerate(given)])


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [2, 0, 3, 1]])
@pytest.mark.parametrize("size", [1, 3])
def test_measured_in_blocks_of_any_size_and_order_it_is_the_same(size, order):
    names = ("bleu", "rouge_l", "cider", "chrf", "keywords")
    samples = [replace(s, metadata={"ingredients": s.references[0].split()}) for s in SAMPLES]
    said = [good("lemon salad"), good(""), FAILED, good("corn toast with egg")]
    raw = {1: good("Title: egg"), 3: good("Sure! corn toast with egg")}
    given, raw_given = answers({"a": said}, samples)["a"], {}
    for place, before in raw.items():
        raw_given[place] = replace(given[place], prediction=before)

    def measured(parts):
        metric = Places()
        one = scoring.Measured({**made(*names), "place": metric}, {"a": 1}, samples)
        for places in parts:
            there = [given[place] for place in places]
            changed = {i: raw_given[place] for i, place in enumerate(places) if place in raw}
            one.add(0, "a", np.array(places), there, changed)
        one.finish()
        return one, metric

    whole, _ = measured([[0, 1, 2, 3]])
    blocks, metric = measured(sorted(order[i : i + size]) for i in range(0, 4, size))
    for label in (*names, "place"):
        assert blocks.rows(label, "a") == pytest.approx(whole.rows(label, "a"), abs=1e-14), label
        before = whole.raw_statistics(label, "a")
        assert blocks.raw_statistics(label, "a") == pytest.approx(before, abs=1e-14), label
    assert whole.rows("place", "a")[0, :, 0].tolist() == [0, 1, 2, 3]
    assert metric.given == [["s0", "s1", "s2", "s3"]] * 2
    assert blocks.answered("a").tolist() == [[True, True, False, True]]
    assert blocks.raw_statistics("bleu", "a")[1, 0] == 2  # Title: egg
    assert blocks.changed == ["a"]
