"""What is said of systems, on predictions that a test writes: each fault that was found, once."""

import json
import math

import numpy as np
import pytest
import scipy.stats

WORDS = "lemon garlic shrimp tomato salad mushroom toast egg corn chowder carrot soup".split()
NAMES = {"EXACT": "exact_match", "ROUGE_L": "rouge_l", "BLEU_4": "bleu", "CIDEr": "cider"}


def title(i):
    """A title of four words, another for each of 13 samples."""
    return f"{WORDS[i % 12]} {WORDS[(i + 3) % 12]} {WORDS[(i * 5 + 1) % 12]} dish{i % 13}"


@pytest.fixture
def text(project, harness):
    """Call a verb and give what it prints."""

    def text(*words):
        done = harness(*words, cwd=project)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return text


@pytest.fixture
def told(text):
    """Call a verb that prints JSON."""
    return lambda *words: json.loads(text(*words, "--json"))


@pytest.fixture
def score(project, told):
    """Score systems, each a list of texts, on as many samples; give the summary."""

    def score(systems, *, metrics=("exact_match",), name="made", image=None, **metadata):
        n = len(next(iter(systems.values())))
        rows = [
            {
                "id": f"d{i}",
                "image": image(i) if image else f"d{i}.png",
                "title": title(i),
                **{field: of(i) for field, of in metadata.items()},
            }
            for i in range(n)
        ]
        columns = ", ".join(field for field in metadata if field != "cluster")
        cluster = ", cluster: cluster" if "cluster" in metadata else ""
        write_lines(project / f"datasets/{name}.jsonl", rows)
        (project / f"datasets/{name}.yaml").write_text(
            f"source: {{format: jsonl, path: {name}.jsonl}}\n"
            "columns: {id: id, image: image, references: [title], "
            f"metadata: [{columns}]{cluster}}}\n"
            "images: {root: dishes/images}\nclean: []\n"
        )
        write_lines(
            project / f"{name}-texts.jsonl",
            [
                {"id": f"d{i}", "text": said, "system": system}
                for system, texts in systems.items()
                for i, said in enumerate(texts)
                if said is not None
            ],
        )
        asked = [word for metric in metrics for word in ("--metric", metric)]
        words = ("--predictions", f"{name}-texts.jsonl", "--dataset", name, *asked)
        return told("score", *words, "--allow-failures")

    return score


def write_lines(path, rows):
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def right(n, which=lambda i: True, wrong="nothing of it"):
    """Texts that are right for these samples."""
    return [title(i) if which(i) else wrong for i in range(n)]


def pairs_of(compared, metric):
    return {(p["baseline"], p["candidate"]): p for p in compared["pairs"] if p["metric"] == metric}


def result_of(summary, system, metric):
    [found] = [r for r in summary["results"] if (r["system"], r["metric"]) == (system, metric)]
    return found


# The faults, by their numbers


def test_1_power_is_of_clusters_where_samples_come_in_clusters(score, told, text):
    """200 samples in 10 clusters: 0.0359 was printed, 0.1607 by hand."""
    n, systems = (
        200,
        {"a": right(200, lambda i: i % 20 < 8), "b": right(200, lambda i: i % 20 < 11)},
    )
    rng = np.random.default_rng(1)
    lucky = rng.random(10)
    systems["b"] = right(n, lambda i: (i * 7919 % 1000) / 1000 < lucky[i // 20])
    single = score(systems, name="single")["folder"]
    clustered = score(systems, cluster=lambda i: f"cook {i // 20}")["folder"]

    alone, found = (told("power", folder, "--metric", "EXACT") for folder in (single, clustered))

    assert (alone["samples"], alone["units"]) == (200, 200)
    assert (found["samples"], found["units"]) == (200, 10)
    [pair] = found["pairs"]
    assert pair["comparisons"] == 2
    [of_single] = alone["pairs"]
    better = np.array(
        [
            (b == title(i)) - (a == title(i))
            for i, (a, b) in enumerate(zip(*systems.values(), strict=True))
        ]
    )
    sd = better.reshape(10, 20).mean(axis=1).std(ddof=1)
    t = scipy.stats.t(9)
    by_hand = (t.ppf(0.975) + t.ppf(0.8)) * sd / math.sqrt(10)
    assert pair["smallest"] == pytest.approx(by_hand, rel=0.15)
    assert pair["smallest"] > 2 * of_single["smallest"]
    assert pair["between"][0] < pair["smallest"] < pair["between"][1]
    assert "200 samples in 10 clusters tell apart in 80 % of trials" in text(
        "power", clustered, "--metric", "EXACT"
    )


def test_1_power_of_five_clusters_is_none(score, told, text):
    """With 5 clusters it was "3 samples needed", where the test can never reject."""
    systems = {"a": right(100, lambda i: i % 3), "b": right(100, lambda i: i % 2)}
    folder = score(systems, cluster=lambda i: f"cook {i % 5}")["folder"]

    found = told("power", folder, "--metric", "EXACT", "--difference", "0.1")

    [pair] = found["pairs"]
    assert (pair["smallest"], pair["needed"]) == (None, None)
    assert pair["reason"] == "fewer than 6 independent units"
    assert "fewer than 6 independent units" in text("power", folder, "--metric", "EXACT")


def test_2_zero_against_zero_is_no_difference(score, told, text):
    """Two BLEU_4 of zero: "beats by 0.0000 (…, p = 1.0e-04)", and 40 wins."""
    short, long = ["lemon"] * 200, ["lemon and much that is not in any of the titles"] * 200
    folder = score({"a": short, "b": long}, metrics=("bleu",))["folder"]

    pair = pairs_of(told("compare", folder), "BLEU_4")["a", "b"]
    said = text("compare", folder, "--metric", "BLEU_4")

    assert (pair["wins"], pair["ties"], pair["losses"]) == (0, 200, 0)
    assert (pair["verdict"], pair["p_value"]) == ("cannot tell", None)
    assert "beats" not in said
    assert "this data cannot tell" in said
    assert "they score alike on every sample (200 samples)" in said


def test_3_one_of_33_systems_that_is_right_everywhere_is_told_apart(score, told):
    """A gap of 1.0 on 60 of 60 samples: "may well be chance"."""
    systems = {f"s{i}": right(60, lambda _: False, wrong=f"soup {i}") for i in range(32)}
    folder = score({**systems, "best": right(60)})["folder"]

    found = pairs_of(told("compare", folder, "--metric", "EXACT"), "EXACT")

    best = [pair for pair in found.values() if pair["candidate"] == "best"]
    assert len(best) == 32
    for pair in best:
        assert (pair["delta"], pair["verdict"]) == (1.0, "told apart")
        assert pair["family"] == 2 * 33 * 32 / 2


def test_4_none_of_twenty_may_be_a_sixth(score, told):
    """Exact match 0 of 20 had the interval 0 to 0, and any difference would be seen."""
    summary = score({"a": right(20, lambda i: False), "b": right(20, lambda i: False, wrong="x")})

    assert result_of(summary, "a", "EXACT")["interval"] == pytest.approx([0, 0.161], abs=5e-4)
    [pair] = told("power", summary["folder"], "--metric", "EXACT")["pairs"]
    assert pair["smallest"] > 0.1
    low, high = pairs_of(told("compare", summary["folder"]), "EXACT")["a", "b"]["interval"]
    assert low < -0.05 < 0.05 < high


def test_5_interval_p_value_and_verdict_are_of_one_piece(score, told, text):
    """In 83 % of runs with 14 equal systems an interval contradicted its sentence."""
    random = np.random.default_rng(3)
    coins = random.random((14, 200)) < 0.5
    coins[0] = random.random(200) < 0.62
    systems = {f"s{k}": right(200, lambda i, k=k: coins[k, i]) for k in range(14)}
    folder = score(systems)["folder"]

    compared = told("compare", folder)

    assert len(compared["pairs"]) == 2 * 91
    for pair in compared["pairs"]:
        low, high = pair["interval"]
        assert (
            (pair["p_value"] < 0.05) == (low > 0 or high < 0) == (pair["verdict"] == "told apart")
        )
        assert pair["p_single"] <= pair["p_value"]
    # Single p-values and single intervals would have told some of these equal ones apart.
    equal = [pair for pair in compared["pairs"] if pair["baseline"] != "s0"]
    assert min(pair["p_single"] for pair in equal) < 0.05
    assert not [pair for pair in equal if pair["verdict"] == "told apart"]
    said = text("compare", folder, "--metric", "EXACT").splitlines()
    beats = [line for line in said if line.startswith("On EXACT, ") and " beats " in line]
    told_apart = [p for p in pairs_of(compared, "EXACT").values() if p["verdict"] == "told apart"]
    assert len(beats) == len(told_apart)


def test_6_a_pair_that_was_picked_keeps_the_correction_of_what_it_was_picked_from(
    score, told, text
):
    """``compare RUN A B`` dropped it: the best against the worst of 14 equal prompts was "real" in
    81 % of runs."""
    random = np.random.default_rng(6)
    coins = random.random((8, 100)) < 0.5
    systems = {f"s{k}": right(100, lambda i, k=k: coins[k, i]) for k in range(8)}
    folder = score(systems)["folder"]
    order = coins.mean(axis=1).argsort()
    worst, best = sorted((int(order[0]), int(order[-1])))

    every = pairs_of(told("compare", folder), "EXACT")
    picked = told("compare", folder, f"s{worst}", f"s{best}")

    [pair] = pairs_of(picked, "EXACT").values()
    assert pair == every[f"s{worst}", f"s{best}"]
    assert (pair["confirmatory"], pair["family"]) == (False, 2 * 28)
    assert pair["p_single"] < 0.05 < pair["p_value"]
    [alone] = pairs_of(
        told("compare", folder, f"s{worst}", f"s{best}", "--metric", "EXACT"), "EXACT"
    ).values()
    assert alone == pair
    said = text("compare", folder, f"s{worst}", f"s{best}", "--metric", "EXACT")
    assert "(exploratory)" in said
    assert "allow for all 56 comparisons of this run" in said


def test_7_clusters_are_printed_and_five_of_them_tell_nothing(score, told, text):
    """With 5 clusters the least possible p is 2/32, and the output said "100 samples"."""
    systems = {"a": right(100, lambda i: i % 3), "b": right(100, lambda i: False)}
    few = score(systems, cluster=lambda i: f"cook {i % 5}", name="few")
    some = score(systems, cluster=lambda i: f"cook {i % 20}", name="some")

    said, more = (text("compare", made["folder"], "--metric", "EXACT") for made in (few, some))

    assert "fewer than 6 independent units (100 samples in 5 clusters)" in said
    assert "100 in 5 clusters" in said
    assert "unlikely to be chance" not in said
    assert "on this data: 100 samples in 20 clusters)" in more
    report = text("report", few["folder"])
    assert "only 5 clusters of 100 samples: too few to tell prompts apart" in report
    assert "100 in 5 clusters" in report
    assert {r["units"] for r in few["results"]} == {5}
    assert {r["no_interval"] for r in few["results"]} == {"fewer than 6 independent units"}


def test_8_rows_that_share_an_image_are_one_unit_of_predictions_too(score):
    """``score --predictions`` took them for independent: intervals 2.1 times too narrow."""
    systems = {"a": right(120, lambda i: i % 4 < 2)}

    shared = score(systems, image=lambda i: f"s{i % 4 + 1}.png", name="shared")
    apart = score(systems, name="apart")

    assert {r["units"] for r in shared["results"]} == {4}
    assert {r["units"] for r in apart["results"]} == {120}


def test_9_slices_that_cannot_pass_are_not_tested(score, told):
    """Of 5 samples the least p is .0625; they cost the others power."""
    systems = {"a": right(60, lambda i: False), "b": right(60, lambda i: i % 2)}
    folder = score(systems, kind=lambda i: "pot" if i < 40 else "pan" if i < 55 else "bowl")[
        "folder"
    ]

    sliced = told("slices", folder, "--by", "kind", "--metric", "EXACT")

    against = {s["value"]: s["against"] for s in sliced["scores"] if s["system"] == "b"}
    assert set(against) == {"pot", "pan", "bowl"}
    assert against["bowl"]["n_paired"] == 5
    assert (against["bowl"]["p_value"], against["bowl"]["interval"]) == (None, None)
    assert against["bowl"]["reason"] == "fewer than 6 independent units"
    assert against["pot"]["verdict"] == "told apart"
    # Three fields that every dataset has, and this one: what has 6 samples, on both columns.
    assert sliced["tests"] == against["pot"]["family"] >= 2 * 3
    assert sliced["tests"] % 2 == 0


def test_10_one_score_among_other_references_has_another_signature(score, told):
    """CIDEr .601 and .373 of the same answers, and one signature."""
    texts = right(30, lambda i: i % 2, wrong="lemon shrimp")
    few = score({"a": texts}, metrics=("cider",), name="few")
    many = score({"a": [*texts, *[None] * 90]}, metrics=("cider",), name="many")

    one, two = (result_of(made, "a", "CIDEr") for made in (few, many))

    assert (one["n_scored"], two["n_scored"]) == (30, 30)
    assert one["value"] != two["value"]
    refsets = [
        next(part for part in made["signature"].split("|") if part.startswith("refset:"))
        for made in (one, two)
    ]
    assert refsets[0] != refsets[1]


def test_11_repeats_and_systems_do_not_make_the_noise_floor_grow(project, told, harness):
    """It was a largest range. See also tests/unit/stats/test_components.py."""
    floors = {}
    for repeats in (2, 8):
        summary = told("run", "prompts/titles", "--repeat", str(repeats))
        floors[repeats] = summary["noise_floor"]["difference_sd"]["ROUGE_L"]
    assert 0 < floors[8] < floors[2]


def test_12_nobody_is_best_where_systems_were_scored_on_other_samples(score, text):
    texts = right(60, lambda i: i % 2)
    easy = [said if i < 30 else None for i, said in enumerate(right(60))]
    uneven = score({"all": texts, "easy": easy}, name="uneven")
    even = score({"all": texts, "more": right(60)}, name="even")

    assert set(uneven["uneven"]) == {"EXACT", "EXACT_NORM"}
    assert "* best of the column" not in text("report", uneven["folder"])
    assert "* best of the column" in text("report", even["folder"])


def test_few_samples_of_one_system_are_said_of_it_alone(score, text):
    systems = {"a": right(40, lambda i: i % 2), "b": right(40, lambda i: i % 3)}
    systems["c"] = [said if i < 20 else None for i, said in enumerate(right(40, lambda i: i % 5))]

    said = " ".join(text("compare", score(systems)["folder"]).split())

    assert "Note: c has only 20 samples: only large differences from it can be told." in said
    assert said.count("only large differences") == 1
    assert "EXACT, best first on the samples that all have (who shares a letter is" in said


def test_slices_name_their_baseline_and_say_where_scores_are_of_other_samples(score, text):
    systems = {"a": right(60, lambda i: i % 2), "b": right(60, lambda i: i % 3)}
    slices = ("--by", "kind", "--metric", "EXACT")
    whole = score(systems, name="whole", kind=lambda i: "pot" if i % 5 else "pan")["folder"]
    systems["b"][:20] = [None] * 20
    partly = score(systems, name="partly", kind=lambda i: "pot" if i % 5 else "pan")["folder"]

    on_all, on_some = (" ".join(text("slices", run, *slices).split()) for run in (whole, partly))

    for said in (on_all, on_some):
        assert "exploratory: differences to the baseline a, tested together with all" in said
    note = "differences are on the samples that both have, scores on each system's own"
    assert note not in on_all
    assert note in on_some


def test_12_no_score_is_called_an_effect_nor_a_chance_one_a_need_nor_a_letter_a_rank(
    score, told, text
):
    """ "effect" was a z-score, "samples needed" was of the measured difference, bands were 1, 2."""
    coins = np.random.default_rng(3).random((2, 80)) < 0.5
    folder = score({"a": right(80, lambda i: coins[0, i]), "b": right(80, lambda i: coins[1, i])})[
        "folder"
    ]
    compared = told("compare", folder, "--metric", "EXACT")

    assert all({"effect", "samples_needed", "bands"}.isdisjoint(p) for p in compared["pairs"])
    assert set(compared["letters"]["EXACT"].values()) == {"a"}
    [pair] = told("power", folder, "--metric", "EXACT")["pairs"]
    assert pair["needed"] is None  # nobody named a difference
    said = text("compare", folder, "--metric", "EXACT")
    assert "best first (who shares a letter is not told apart)" in said
    assert "would have shown" in said


# Odd input


def test_one_system_has_nothing_to_be_compared_with(score, project, harness):
    folder = score({"a": right(20)})["folder"]

    for words in (("compare", folder), ("power", folder)):
        done = harness(*words, cwd=project)
        assert (done.returncode, done.stdout) == (1, "")
        assert "a comparison needs two systems" in done.stderr


def test_one_system_is_scored_on_slices(score, told):
    folder = score({"a": right(40, lambda i: i % 2)}, kind=lambda i: "ab"[i % 2])["folder"]

    sliced = told("slices", folder, "--by", "kind", "--metric", "EXACT")

    assert [(s["value"], s["score"], s["against"]) for s in sliced["scores"]] == [
        ("a", 0.0, None),
        ("b", 1.0, None),
    ]
    assert sliced["tests"] == 0


@pytest.mark.parametrize("verb", ["compare", "power", "slices"])
def test_an_unknown_metric_is_named_with_the_nearest(score, project, harness, verb):
    folder = score({"a": right(20), "b": right(20)}, kind=lambda i: "x")["folder"]

    by = ("--by", "kind") if verb == "slices" else ()
    done = harness(verb, folder, *by, "--metric", "EXACTT", cwd=project)

    assert done.returncode == 1
    assert "the run has no metric 'EXACTT'" in done.stderr
    assert "did you mean 'EXACT'?" in done.stderr


@pytest.mark.parametrize("n", [1, 5])
def test_few_samples_tell_nothing_and_nothing_breaks(score, told, text, n):
    folder = score(
        {"a": right(n), "b": right(n, lambda i: False)}, metrics=("exact_match", "bleu")
    )["folder"]

    compared = told("compare", folder)

    assert {pair["verdict"] for pair in compared["pairs"]} == {"cannot tell"}
    said = text("compare", folder)
    samples = "1 sample" if n == 1 else "5 samples"
    assert f"fewer than 6 independent units ({samples})" in said
    assert "allow for all" not in said
    [pair] = told("power", folder, "--difference", "1e-9")["pairs"]
    assert (pair["smallest"], pair["needed"], pair["uncounted"]) == (None, None, False)


def test_a_system_without_an_answer_is_left_out_and_makes_nobody_elses_column_uneven(
    score, told, text
):
    systems = {"a": right(40, lambda i: i % 2), "b": right(40), "dead": [None] * 40}
    # A file of predictions names a system by its rows; this one has none that the data knows.
    systems["dead"][0] = ""
    summary = score(systems)

    compared = told("compare", summary["folder"])

    assert pairs_of(compared, "EXACT")["a", "b"]["verdict"] == "told apart"
    assert pairs_of(compared, "EXACT")["a", "dead"]["verdict"] == "cannot tell"
    assert "fewer than 6 independent units (1 sample)" in text("compare", summary["folder"])


def test_the_baseline_stands_first_and_turns_the_interval(score, told):
    folder = score({"a": right(60, lambda i: i % 3), "b": right(60, lambda i: i % 2)})["folder"]

    plain = pairs_of(told("compare", folder), "EXACT")["a", "b"]
    turned = pairs_of(told("compare", folder, "--baseline", "b"), "EXACT")["b", "a"]

    assert turned["delta"] == -plain["delta"]
    assert turned["interval"] == pytest.approx([-end for end in plain["interval"]][::-1])
    assert turned["p_value"] == plain["p_value"]


def test_what_a_suite_will_show_is_told_from_an_earlier_run(project, told, text, score):
    """Before a run: by units of its own dataset, over the comparisons that it declares."""
    folder = told("run", "prompts/titles")["folder"]
    suite = "prompts/titles"

    few = told("power", suite, "--from", folder, "--metric", "ROUGE_L")
    assert few["pairs"][0]["reason"] == "fewer than 6 independent units"

    # Its 40 samples of ten cooks, and the noise of other samples, scored elsewhere.
    rows = [
        {"id": f"d{i}", "image": f"p{i % 10}.png", "title": title(i), "n": i, "cook": i % 10}
        for i in range(40)
    ]
    write_lines(project / "datasets/dishes/samples.jsonl", rows)
    dataset = project / "datasets/dishes.yaml"
    dataset.write_text(dataset.read_text().replace("[n]", "[n], cluster: cook"))
    coins = np.random.default_rng(4).random((2, 60)) < 0.5
    earlier = score(
        {name: right(60, lambda i, k=k: coins[k, i]) for k, name in enumerate("ab")},
        metrics=("exact_match", "rouge_l"),
    )["folder"]

    def ahead(*words):
        return told("power", suite, "--from", earlier, "--metric", "ROUGE_L", *words)

    found = ahead("--difference", "0.2")
    assert (found["samples"], found["units"]) == (40, 10)
    [pair] = found["pairs"]
    assert pair["comparisons"] == 6  # one pair on BLEU_1 to BLEU_4, ROUGE_L and CIDEr
    assert pair["between"][0] < pair["smallest"] < pair["between"][1]
    assert pair["needed"] > 10
    [pair] = ahead("--difference", "1e-9")["pairs"]
    assert (pair["needed"], pair["uncounted"]) == (None, True)
    for words in ((suite, "--from", earlier), (earlier,)):
        said = text("power", *words, "--metric", "ROUGE_L", "--difference", "1e-9")
        assert "too many: more than 9,007,199,254,740,992 units, which are not counted" in said
    assert "40 samples in 10 clusters tell apart in 80 % of trials" in text(
        "power", suite, "--from", earlier, "--metric", "ROUGE_L"
    )
    # More prompts are more comparisons, and less shows; but a declaration keeps to its own.
    (project / suite / "third.yaml").write_text("user: Name it.\n")
    (project / suite / "fourth.yaml").write_text("user: Name it now.\n")
    described = project / suite / "suite.yaml"
    described.write_text(
        described.read_text().replace("[plain, title]", "[plain, title, third, fourth]")
    )
    [wide] = ahead()["pairs"]
    assert wide["comparisons"] == 36
    described.write_text(described.read_text() + "decide: {metric: ROUGE_L, baseline: plain}\n")
    [narrow] = ahead()["pairs"]
    assert narrow["comparisons"] == 3
    assert narrow["smallest"] < pair["smallest"] < wide["smallest"]


def test_4_an_earlier_run_of_equal_shares_does_not_promise_that_anything_shows(
    project, score, told
):
    nothing = right(60, lambda i: False)
    metrics = ("exact_match", "rouge_l")
    earlier = score({"a": nothing, "b": nothing}, metrics=metrics)["folder"]
    suite = project / "prompts/titles/suite.yaml"
    suite.write_text(suite.read_text().replace("[bleu, rouge_l, cider]", "[exact_match, rouge_l]"))
    rows = [{"id": f"d{i}", "image": f"p{i}.png", "title": title(i), "n": i} for i in range(40)]
    write_lines(project / "datasets/dishes/samples.jsonl", rows)
    dataset = project / "datasets/dishes.yaml"
    dataset.write_text(dataset.read_text().replace("[n]", "[n], cluster: id"))

    def pair(metric):
        return told("power", "prompts/titles", "--from", earlier, "--metric", metric)["pairs"][0]

    assert pair("EXACT")["smallest"] > 0.03
    rouge = pair("ROUGE_L")
    assert (rouge["smallest"], rouge["reason"]) == (None, "they score alike on every sample")


def test_a_run_of_an_older_version_is_compared_sliced_and_planned_from(repository, told, text):
    [folder] = (repository / "tests/golden/version-2/results/titles").glob("2*")

    compared = told("compare", folder)
    assert {pair["verdict"] for pair in compared["pairs"]} == {"cannot tell"}
    assert "fewer than 6 independent units (3 samples in 2 clusters)" in text("compare", folder)
    [pair] = told("power", folder)["pairs"]
    assert pair["reason"] == "fewer than 6 independent units"
