"""Numbers whose cause the fake engine cannot give: clusters, noise of one system, failed draws."""

import json
import math
from random import Random
from statistics import NormalDist

import numpy as np
import pytest
import scipy.stats

SUITE = "prompts/titles"
DISHES = [
    "Lemon Garlic Shrimp Skillet",
    "Avocado and Tomato Salad",
    "Mushroom Toast with Egg",
    "Creamy Corn Chowder",
    "Roasted Carrot Soup",
    "Apple and Almond Tart",
    "Honey Ginger Chicken",
    "Spinach Potato Curry",
]


@pytest.fixture
def write_dishes(project):
    """Write a dataset of so many dishes without pictures, three of each cook."""

    def write(name, ids, cluster="cluster: cook"):
        rows = [
            {"id": f"d{i}", "image": f"d{i}.png", "title": DISHES[i % 8], "cook": f"cook {i // 3}"}
            for i in ids
        ]
        lines = "".join(f"{json.dumps(row)}\n" for row in rows)
        (project / f"datasets/{name}.jsonl").write_text(lines)
        (project / f"datasets/{name}.yaml").write_text(
            f"source: {{format: jsonl, path: {name}.jsonl}}\n"
            f"columns: {{id: id, image: image, references: [title], {cluster}}}\nclean: []\n"
        )

    return write


@pytest.fixture
def pairs(project, told):
    """Score systems, each a text per sample, on a dataset; compare them: (baseline, candidate)."""

    def compare(dataset, systems):
        lines = [
            json.dumps({"id": sample, "text": text, "system": system})
            for system, texts in systems.items()
            for sample, text in texts.items()
        ]
        (project / "made.jsonl").write_text("\n".join(lines))
        words = ("--predictions", "made.jsonl", "--dataset", dataset, "--metric", "chrf")
        folder = told("score", *words)["folder"]
        found = told("compare", folder)["pairs"]
        return folder, {(pair["baseline"], pair["candidate"]): pair for pair in found}

    return compare


def first_words(ids, count):
    """Titles cut after so many words."""
    return {f"d{i}": " ".join(DISHES[i % 8].split()[:count]) for i in ids}


def by_cook(ids):
    """Titles whole or cut, as their cook would have it: samples of one cook go together."""
    return first_words(ids, 1) | {
        sample: text for sample, text in first_words(ids, 9).items() if int(sample[1:]) // 3 % 2
    }


NUMBERS = ("delta", "n_paired", "units", "unit_sd", "wins", "ties", "losses", "verdict")


def test_a_failed_sample_leaves_its_cluster_as_if_it_had_never_been_there(write_dishes, pairs):
    ids = range(48)
    lost = {2, 3, 9, 10, 11, 22}
    left = [i for i in ids if i not in lost]
    write_dishes("all", ids)
    write_dishes("left", left)
    write_dishes("single", left, cluster="metadata: [cook]")
    one = first_words(left, 1)

    _, failing = pairs("all", {"one": one, "other": by_cook(ids)})
    _, without = pairs("left", {"one": one, "other": by_cook(left)})
    _, single = pairs("single", {"one": one, "other": by_cook(left)})

    [a], [b], [c] = failing.values(), without.values(), single.values()
    assert [a[name] for name in NUMBERS] == [b[name] for name in NUMBERS]
    # The same coins fall for other cooks, of whom half make no difference.
    width = b["interval"][1] - b["interval"][0]
    assert a["interval"] == pytest.approx(b["interval"], abs=0.04 * width)
    assert a["p_value"] == pytest.approx(b["p_value"], abs=0.005)
    assert a["n_paired"] == len(left)
    assert (a["units"], c["units"]) == (15, len(left))
    # Fifteen cooks tell less than 42 dishes that have nothing to do with each other.
    assert a["delta"] == pytest.approx(c["delta"])
    assert a["interval"][1] - a["interval"][0] > 1.2 * (c["interval"][1] - c["interval"][0])


def test_power_allows_for_all_pairs_that_are_tested_together(write_dishes, pairs, told):
    ids = range(120)
    write_dishes("all", ids)
    random = Random(5)
    one, two, three, four = (
        {f"d{i}": " ".join(DISHES[i % 8].split()[: random.randint(1, 4)]) for i in ids}
        for _ in range(4)
    )

    def power(**systems):
        folder, _ = pairs("all", systems)
        found = told("power", folder, "--metric", "chrF", "--difference", "3")
        assert (found["samples"], found["units"]) == (120, 40)
        assert {pair["comparisons"] for pair in found["pairs"]} == {math.comb(len(systems), 2)}
        return next(pair for pair in found["pairs"] if pair["candidate"] == "two")

    def reach(systems):
        """What a unit would show with 80 % power where all pairs of systems are tested."""
        tukey = scipy.stats.studentized_range.ppf(0.95, systems, np.inf) / math.sqrt(2)
        return tukey + NormalDist().inv_cdf(0.8)

    alone = power(one=one, two=two)
    of_three = power(one=one, two=two, three=three)
    of_six = power(one=one, two=two, three=three, four=four)
    for found, systems in ((of_three, 3), (of_six, 4)):
        ratio = reach(systems) / reach(2)
        assert found["smallest"] == pytest.approx(ratio * alone["smallest"], rel=0.08)
        assert found["needed"] == pytest.approx(ratio**2 * alone["needed"], rel=0.16)
        assert found["smallest"] > alone["smallest"]


@pytest.mark.parametrize("noisy", ["plain", "title"])
@pytest.mark.parametrize("order", ["[plain, title]", "[title, plain]"])
def test_the_noise_floor_is_pooled_over_systems_in_any_order(
    project, run, script, told, noisy, order
):
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text().replace("variants: [plain, title]", f"variants: {order}"))
    titles = {"s1": "Lemon Shrimp", "s2": "Tomato Salad", "s3": "Egg Toast", "s4": "Corn Chowder"}

    def answer(request):
        repeat = sum(r.sample_id == request.sample_id and r.system == noisy for r in script.asked)
        lost = request.system == noisy and repeat == 2
        return "Nothing" if lost else titles[request.sample_id]

    script.answer = answer
    summary = run("--repeat", "3")

    noise = summary["noise_floor"]
    calm = "plain" if noisy == "title" else "title"
    assert noise["differing"] == {noisy: 4, calm: 0}
    once = run()
    values = {r["metric"]: r["value"] for r in once["results"] if r["system"] == noisy}
    # Down to 0 and back: a variance of v² ÷ 3, and none of the other; √(2 ÷ 3) for three repeats.
    assert noise["repeat_sd"]["ROUGE_L"] == pytest.approx(values["ROUGE_L"] / math.sqrt(6))
    assert noise["difference_sd"]["ROUGE_L"] == pytest.approx(values["ROUGE_L"] / 3)
    assert noise["difference_sd"]["ROUGE_L"] > 0.1
    compared = told("compare", summary["folder"])["pairs"]
    assert {pair["under_noise_floor"] for pair in compared if pair["metric"] == "ROUGE_L"} == {True}


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_the_best_of_several_draws_is_never_one_that_failed(project, run, script, failing):
    """Where all draws that were answered are alike, choosing among them gains nothing.

    Not even where an answer is worth nothing by itself: its letters count in the corpus's chrF.
    """
    suite = project / SUITE / "suite.yaml"
    suite.write_text(
        suite.read_text().replace("[bleu, rouge_l, cider]", "[bleu, rouge_l, cider, chrf]")
        + "decoding: {warm: {temperature: 1, n: 3}}\n"
    )
    texts = {"s1": "0000 1111 2222", "s2": "Tomato Salad", "s3": "Egg Toast", "s4": ""}

    def answer(request):
        lost = request.decoding.params["seed"] == failing and request.sample_id != "s2"
        return None if lost else texts[request.sample_id]

    script.answer = answer
    summary = run("--only", "plain")

    assert summary["cost"]["failed"] == 3
    values = {r["metric"]: r["value"] for r in summary["results"]}
    assert summary["best_of"]["plain"] == pytest.approx(values)
    assert all(math.isfinite(value) for value in values.values())
