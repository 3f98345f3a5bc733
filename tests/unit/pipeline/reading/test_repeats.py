"""How far repeats lie apart and what draws are worth, from answers."""

import numpy as np
import pytest

from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools
from harness.pipeline.reading.repeats import Differing, of_repeats_and_draws
from harness.records import Answer, Completion, Decoding, Prediction, Sample, System
from harness.scores import Measured
from harness.stats.components import unit_components
from harness.units import clusters_of

WORDS = "lemon shrimp skillet tomato salad corn chowder bacon egg toast apple tart".split()
METRICS = {name: create(name, ScoringTools(tokenizer="none")) for name in ("bleu", "rouge_l")}


def drawn(**counts):
    """Systems, each drawn so often in one repeat."""
    decoding = Decoding(name="warm", params={})
    return [
        System(name=name, model="m", variant=name, decoding=decoding, draws=count)
        for name, count in counts.items()
    ]


def samples(count, cluster=lambda i: None):
    random = np.random.default_rng(count)
    return [
        Sample(
            id=f"s{i}",
            media=(),
            references=(" ".join(random.choice(WORDS, 6)),),
            cluster=cluster(i),
        )
        for i in range(count)
    ]


def answered(random, asked):
    """Answer with the reference, of which some words are others."""
    answers = []
    for sample in asked:
        words = [
            word if random.random() < 0.7 else str(random.choice(WORDS))
            for word in sample.references[0].split()
        ]
        answers.append(saying(sample, " ".join(words)))
    return answers


def saying(sample, text):
    status = "failed" if text is None else "ok"
    reason = "timed out" if text is None else None
    return Answer(
        sample=sample,
        completion=Completion(key="", text=text or "", finish_reason="stop"),
        prediction=Prediction(value=text, status=status, steps=(), reason=reason),
    )


def measure(systems, repeats, draws, asked):
    measured = Measured(METRICS, {s.name: s.draws * repeats for s in systems}, asked)
    differing = {system.name: Differing(len(asked)) for system in systems}
    places = np.arange(len(asked))
    for number, draw in enumerate(draws):
        for name, answers in draw.items():
            measured.add(number, name, places, answers)
            differing[name].add(places, answers)
    measured.finish()
    counts = {name: each.count for name, each in differing.items()}
    return of_repeats_and_draws(systems, repeats, measured, clusters_of(asked), counts)


def test_the_floor_is_the_pooled_deviation_of_each_repeats_own_score():
    asked, random = samples(12), np.random.default_rng(0)
    draws = [{name: answered(random, asked) for name in ("once", "twice")} for _ in range(3)]
    draws += [{"twice": answered(random, asked)} for _ in range(3)]

    noise, _ = measure(drawn(once=1, twice=2), 3, draws, asked)

    repeats = {
        "once": [[draw] for draw in draws[:3]],
        "twice": [draws[0:2], draws[2:4], draws[4:6]],
    }
    variances = []
    for name, of_system in repeats.items():
        bleu = METRICS["bleu"]
        values = [
            bleu.aggregate(np.mean([bleu.statistics(d[name]).sum(axis=0) for d in repeat], axis=0))[
                1
            ]
            for repeat in of_system
        ]
        variances.append(np.var(values, ddof=1))
    assert noise.repeat_sd["BLEU_2"] == pytest.approx(np.sqrt(np.mean(variances)))
    assert noise.difference_sd["BLEU_2"] == pytest.approx(
        noise.repeat_sd["BLEU_2"] * np.sqrt(2 / 3)
    )
    assert set(noise.repeat_sd) == {"BLEU_1", "BLEU_2", "BLEU_3", "BLEU_4", "ROUGE_L"}
    sd = noise.difference_sd["BLEU_2"]
    assert noise.covers("BLEU_2", -1.99 * sd)
    assert not noise.covers("BLEU_2", 2.01 * sd)
    assert not noise.covers("CIDEr", 0.0)


def test_a_sample_that_one_repeat_lacks_is_no_noise():
    """Repeats are compared on the samples that all have; a hard one would move one score alone."""
    asked = samples(6)
    whole = [saying(sample, sample.references[0]) for sample in asked[:5]]
    draws = [{"a": [*whole, saying(asked[5], text)]} for text in ("wrong", None, "wrong")]

    noise, varied = measure(drawn(a=1), 3, draws, asked)

    assert noise.repeat_sd["ROUGE_L"] == pytest.approx(0.0, abs=1e-12)
    assert varied["a"]["ROUGE_L"].units == 6
    assert varied["a"]["ROUGE_L"].draws == pytest.approx(3 / (5 / 6 * 1 + 1 / 6 * 3 / 2))


def test_draws_are_worth_what_their_samples_own_scores_say():
    """ROUGE_L is the mean of the samples, so that it can be split up from their scores."""
    asked, random = samples(30), np.random.default_rng(1)
    draws = [{"a": answered(random, asked), "b": answered(random, asked)}]
    draws += [{"a": answered(random, asked)} for _ in range(3)]
    draws[2]["a"][4] = saying(asked[4], None)

    noise, varied = measure(drawn(a=4, b=1), 1, draws, asked)

    metric = METRICS["rouge_l"]
    values = np.array([metric.aggregate(metric.statistics(draw["a"])) for draw in draws])
    values[2, 4] = np.nan
    by_hand = unit_components(values)
    found = varied["a"]["ROUGE_L"]
    assert noise is None
    assert list(varied) == ["a"]
    assert found.between == pytest.approx(by_hand.between[0])
    assert found.within == pytest.approx(by_hand.within[0])
    assert found.equal_units == pytest.approx(by_hand.equal_units[0])
    assert 30 < found.equal_units < 120


def test_samples_of_a_cluster_are_one_unit():
    asked, random = samples(24, cluster=lambda i: f"c{i // 3}"), np.random.default_rng(2)
    draws = [{"a": answered(random, asked)} for _ in range(2)]
    draws[1]["a"][0] = saying(asked[0], None)

    _, varied = measure(drawn(a=1), 2, draws, asked)

    found = varied["a"]["BLEU_1"]
    assert found.units == 8
    # The cluster of the failed one was drawn once only.
    assert found.draws == pytest.approx(8 / (7 / 2 + 1))


def test_what_was_asked_once_tells_nothing():
    asked, random = samples(5), np.random.default_rng(3)
    draws = [{"a": answered(random, asked)}]
    assert measure(drawn(a=1), 1, draws, asked) == (None, {})
    lost = [{"a": [saying(sample, None) for sample in asked]}] * 2
    noise, varied = measure(drawn(a=1), 2, lost, asked)
    assert (noise.repeat_sd, varied) == ({}, {"a": {}})
