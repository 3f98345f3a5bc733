"""Systems of two runs are compared as systems of one run are, or refused with the reason."""

import json
import math
from xml.etree import ElementTree as Xml

import numpy as np
import pytest
from PIL import Image
from scipy.special import stdtrit

import harness as package
from harness.errors import StoreError

WORDS = "lemon garlic shrimp tomato salad mushroom toast egg corn chowder carrot soup".split()
N = 60


def title(i):
    return f"{WORDS[i % 12]} {WORDS[(i + 3) % 12]} {WORDS[(i * 5 + 1) % 12]} dish{i % 13}"


def half(i):
    """Two of the words of a title, and others."""
    return f"{WORDS[i % 12]} {WORDS[(i + 3) % 12]} with {WORDS[(i * 7 + 2) % 12]}"


SYSTEMS = {
    "plain": half,
    "title": lambda i: title(i) if i % 3 else half(i + 1),
    "wordy": lambda i: f"a plate of {half(i)} and {WORDS[(i * 11) % 12]}",
}


@pytest.fixture
def score(project, harness):
    """Score systems on some samples; give the run's folder."""

    def score(*systems, name="made", samples=range(N), metrics=("bleu", "cider"), **other):
        texts = other.get("texts", SYSTEMS)
        reference = other.get("reference", title)
        rows = [{"id": f"d{i}", "image": f"d{i}.png", "title": reference(i)} for i in samples]
        write_lines(project / f"datasets/{name}.jsonl", rows)
        (project / f"datasets/{name}.yaml").write_text(
            f"source: {{format: jsonl, path: {name}.jsonl}}\n"
            "columns: {id: id, image: image, references: [title]}\n"
            "images: {root: dishes/images}\nclean: []\n"
        )
        said = [
            {"id": f"d{i}", "text": texts[system](i), "system": system}
            for system in systems
            for i in samples
        ]
        write_lines(project / "texts.jsonl", said)
        asked = [word for metric in metrics for word in ("--metric", metric)]
        done = harness(
            *("score", "--predictions", "texts.jsonl", "--dataset", name, *asked, "--json"),
            cwd=project,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["folder"]

    return score


def write_lines(path, rows):
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


@pytest.fixture
def compare(project, harness):
    """Call ``harness compare``."""
    return lambda *words: harness("compare", *words, cwd=project)


@pytest.fixture
def told(compare):
    """Call it for JSON."""

    def told(*words):
        done = compare(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return told


def numbers(pair):
    """All its numbers, an interval as two of them."""
    return [
        number
        for value in pair.values()
        for number in (value if isinstance(value, list) else [value])
        if isinstance(number, int | float)
    ]


def test_two_systems_of_two_runs_compare_as_they_do_in_one(score, told):
    """The same answers, on METEOR (Java), BLEU and CIDEr: one run, two runs, every number."""
    metrics = ("bleu", "meteor", "cider")
    together = told(score("plain", "title", metrics=metrics))
    first, second = score("plain", metrics=metrics), score("title", metrics=metrics)

    apart = told(first, second)

    assert len(apart["pairs"]) == 6
    for one, other in zip(together["pairs"], apart["pairs"], strict=True):
        assert (other["baseline"], other["candidate"]) == ("plain", "title")
        assert (other["metric"], other["verdict"]) == (one["metric"], one["verdict"])
        assert numbers(other) == pytest.approx(numbers(one), rel=1e-12, abs=1e-15)
    assert apart["exploratory"].startswith("which two runs are compared was chosen")
    assert "computed anew" not in " ".join(apart["across"]["said"])


def test_systems_of_both_runs_are_one_family_each_once(score, told):
    """``plain`` is in both runs; three systems make three pairs, as in one run of three."""
    together = told(score("plain", "title", "wordy"))
    first, second = score("plain", "title"), score("plain", "wordy")

    apart = told(f"{first}:title", f"{second}:wordy")

    assert len(apart["pairs"]) == 5
    mine = [p for p in together["pairs"] if (p["baseline"], p["candidate"]) == ("title", "wordy")]
    assert [p["family"] for p in apart["pairs"]] == [p["family"] for p in mine]
    assert [p["p_value"] for p in apart["pairs"]] == [p["p_value"] for p in mine]


def test_systems_of_one_name_are_compared_and_called_by_their_runs(score, compare, told):
    other = {"title": SYSTEMS["wordy"], "plain": SYSTEMS["plain"]}
    first, second = score("plain", "title"), score("plain", "title", texts=other)
    names = [f"{folder.rpartition('/')[2]}:title" for folder in (first, second)]

    found = told(first, second)
    shown = compare(first, second)

    assert {(p["baseline"], p["candidate"]) for p in found["pairs"]} == {tuple(names)}
    assert "the same system in both runs, and not compared: plain" in shown.stdout
    assert f"baselines are of {names[0].partition(':')[0]}" in shown.stdout
    assert "comparisons of these runs" in shown.stdout


def test_document_frequencies_are_of_the_samples_of_either_run(score, told):
    """A run of 40 and one of 60 are compared on 40, with weights from 60 samples for both."""
    whole = score("title")
    together = told(score("plain", "title"))
    part = score("plain", samples=range(40))

    apart = told(part, whole)

    [cider] = [p for p in apart["pairs"] if p["metric"] == "CIDEr"]
    alone = told(score("plain", "title", samples=range(40)))
    [narrow] = [p for p in alone["pairs"] if p["metric"] == "CIDEr"]
    assert cider["n_paired"] == 40
    assert together["pairs"][0]["n_paired"] == 60
    said = "\n".join(apart["across"]["said"])
    assert "compared on 40 samples" in said
    assert "one run alone has, and which are not compared: 0 and 20" in said
    assert "CIDEr: what a word weighs is found among the 60 samples of either run" in said
    assert "computed anew from the completions, among these samples: cider" in said
    # By hand: CIDEr of the first 40 answers, its weights from all 60 references.
    assert cider["candidate_value"] == pytest.approx(by_hand("title"), rel=1e-9)
    assert cider["baseline_value"] == pytest.approx(by_hand("plain"), rel=1e-9)
    assert cider["candidate_value"] != pytest.approx(narrow["candidate_value"], rel=1e-6)


def by_hand(system):
    """CIDEr-D by pycocoevalcap's own scorer: 60 references give the weights, 40 answers count."""
    from pycocoevalcap.cider.cider_scorer import CiderScorer

    scorer = CiderScorer(n=4, sigma=6.0)
    for i in range(N):
        scorer += (SYSTEMS[system](i).lower(), [title(i).lower()])
    return float(np.mean(scorer.compute_score()[1][:40]))


def test_samples_with_other_references_are_counted_and_left_out(score, told):
    first = score("plain")
    second = score("title", reference=lambda i: "another thing" if i < 7 else title(i))

    found = told(first, second)

    assert {p["n_paired"] for p in found["pairs"]} == {53}
    said = "\n".join(found["across"]["said"])
    assert "left out, for their references are others in the other run: 7 (d0, d1, d2 …)" in said


def test_another_reference_set_is_refused(score, compare):
    first = score("plain")
    second = score("title", reference=lambda i: f"{title(i)} again")

    done = compare(first, second)

    assert done.returncode == 1
    assert "60 of the 60 samples with one id have other references (d0)" in done.stderr


def test_other_images_are_told_from_the_same(score, told, project):
    """By their places where nobody has the files."""
    first = score("plain")
    rows = [json.loads(line) for line in (project / "datasets/made.jsonl").read_text().splitlines()]
    moved = score("title")
    path = project / moved / "samples.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines[:5]:
        line["places"] = ["elsewhere.png"]
    write_lines(path, lines)

    found = told(first, moved)

    assert len(rows) == 60
    assert {p["n_paired"] for p in found["pairs"]} == {55}
    assert "left out, for their images are others in the other run: 5" in "\n".join(
        found["across"]["said"]
    )


def test_an_image_is_known_by_its_bytes_whatever_its_file(project, harness, told):
    """Of runs of a model: one picture is painted anew, and all are moved."""
    images = project / "datasets/dishes/images"
    first = json.loads(harness("run", "prompts/titles", "--json", cwd=project).stdout)["folder"]
    Image.new("RGB", (64, 48), (1, 2, 3)).save(images / "s2.png")
    images.rename(project / "datasets/dishes/moved")
    dataset = project / "datasets/dishes.yaml"
    dataset.write_text(dataset.read_text().replace("dishes/images", "dishes/moved"))
    second = json.loads(harness("run", "prompts/titles", "--json", cwd=project).stdout)["folder"]

    found = told(f"{first}:plain", f"{second}:title")

    assert {p["n_paired"] for p in found["pairs"]} == {3}
    said = "\n".join(found["across"]["said"])
    assert "left out, for their images are others in the other run: 1 (s2)" in said


def test_other_tokenisers_and_splits_are_refused_together(score, compare, project):
    first, second = score("plain"), score("title")
    path = project / second / "run.json"
    run = json.loads(path.read_text())
    run["tokenizer"] = "none"
    run["dataset"]["split"] = {"name": "dev", "shares": {"dev": 0.5, "test": 0.5}}
    path.write_text(json.dumps(run))

    done = compare(first, second)

    assert done.returncode == 1
    assert "different splits (no split in " in done.stderr
    assert "different tokenisers (ptb in " in done.stderr


def test_what_was_computed_otherwise_is_computed_anew(score, told, project):
    """A signature of another version: its statistics are not trusted."""
    first, second = score("plain"), score("title")
    expected = told(first, second)
    path = project / second / "summary.json"
    text = path.read_text()
    path.write_text(text.replace("|tok:ptb|", "|tok:ptb-2|"))
    statistics = dict(np.load(project / second / "statistics.npz"))
    statistics["cider"][..., 0] *= 2
    np.savez(project / second / "statistics.npz", **statistics)

    found = told(first, second)

    assert "computed anew from the completions, among these samples: bleu, cider" in "\n".join(
        found["across"]["said"]
    )
    for one, other in zip(expected["pairs"], found["pairs"], strict=True):
        assert other["delta"] == pytest.approx(one["delta"], rel=1e-12, abs=1e-15)


def test_what_cannot_be_computed_anew_is_refused(score, compare, project, monkeypatch):
    """Other signatures, and no Java here to compute BLEU and CIDEr in one way."""
    first, second = score("plain"), score("title")
    path = project / second / "summary.json"
    path.write_text(path.read_text().replace("|tok:ptb|", "|tok:ptb-2|"))
    monkeypatch.setenv("HARNESS_JAVA", str(project / "no-java"))

    done = compare(first, second)

    assert done.returncode == 1
    assert "no metric can be compared: bleu: " in done.stderr
    assert "no-java" in done.stderr


def test_a_metric_that_one_run_lacks_is_not_compared_and_said(score, told):
    found = told(score("plain", metrics=("bleu", "cider")), score("title", metrics=("bleu",)))

    assert {p["metric"] for p in found["pairs"]} == {"BLEU_1", "BLEU_2", "BLEU_3", "BLEU_4"}
    assert "has none ('harness score RUN' adds it)" in found["across"]["missing"]["cider"]


def test_the_same_system_twice_is_refused(score, compare):
    done = compare(score("plain"), score("plain"))

    assert done.returncode == 1
    assert "the same system in both runs: plain" in done.stderr


def test_nothing_is_guessed(score, compare):
    first, second = score("plain", "title"), score("wordy", "plain")

    unknown = compare(f"{first}:plian", second)
    one = compare(f"{first}:title", second)
    alone = compare(first, first)
    many = compare(first, second, second)

    assert "has no system 'plian'" in unknown.stderr
    assert "did you mean 'plain'" in unknown.stderr
    assert "cannot be told" in one.stderr
    assert ":wordy (it has wordy, plain)" in one.stderr
    assert "both are the run" in alone.stderr
    assert "two runs are compared at a time" in many.stderr
    assert {done.returncode for done in (unknown, one, alone, many)} == {1}


def test_a_name_that_is_a_system_and_a_run_is_refused(score, compare, project):
    first, second = score("plain", "title"), score("wordy")
    (project / second).rename(project / "results/title-run")
    (project / "title").mkdir()
    (project / "results/title-run").rename(project / "title/20260101-000000-abcdef")

    done = compare(first, "title")

    assert done.returncode == 1
    assert "'title' is both a system of" in done.stderr
    assert f"write {first}:title for the system" in done.stderr


def test_from_python(score, project):
    first, second = (project / score(name) for name in ("plain", "title"))

    found = package.compare(first, second)
    named = package.compare(first, package.load_run(second), systems=("plain", "title"))

    assert found.across.samples == N
    assert found.json() == named.json()
    with pytest.raises(TypeError, match="one system of each"):
        package.compare(first, second, systems=["plain"])
    with pytest.raises(StoreError, match="the same system"):
        package.compare(first, package.load_run(first).rescore())


def test_a_leaderboard_of_two_runs_has_the_letters_of_one_run(score, told, project, harness):
    """``plain`` stands in both and counts once; the family is that of three systems."""
    together = told(score("plain", "title", "wordy"))
    folders = score("plain", "title"), score("plain", "wordy")

    done = harness("leaderboard", *folders, "--json", cwd=project)

    [board] = json.loads(done.stdout)["boards"]
    for column in ("CIDEr", "BLEU_4"):
        letters = {each["name"]: each["letters"][column] for each in board["standings"]}
        assert letters == together["letters"][column]
        assert len(set(letters.values())) > 1
    assert board["comparisons"] == together["pairs"][0]["family"]
    assert board["standings"][0]["name"] == "title"


# Gates


def test_a_gate_passes_what_is_shown_to_be_no_worse(score, compare, project):
    first, second = score("plain"), score("title")

    done = compare(first, second, "--fail-if-worse", "CIDEr:0.1", "--junit", "gates.xml")

    assert done.returncode == 0, done.stderr
    assert "passed: on CIDEr, title is not worse than plain by 0.1 or more" in done.stdout
    [case] = Xml.parse(project / "gates.xml").getroot().iter("testcase")
    assert case.find("failure") is None


def test_a_gate_fails_what_is_worse(score, compare, project):
    first, second = score("title"), score("plain")

    done = compare(
        *(first, second, "--fail-if-worse", "CIDEr:0.1", "--fail-if-worse", "BLEU_1:0.9"),
        *("--junit", "gates.xml"),
    )

    assert done.returncode == 3
    assert "failed: on CIDEr, plain is worse than title" in done.stdout
    assert "passed: on BLEU_1" in done.stdout
    root = Xml.parse(project / "gates.xml").getroot()
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    [failure] = root.iter("failure")
    assert failure.get("message").startswith("failed: on CIDEr")


def test_a_gate_fails_where_the_data_cannot_tell_and_says_what_would_do(score, told_gate):
    texts = {
        "a": lambda i: title(i) if i % 2 else half(i),
        "b": lambda i: title(i) if i % 2 == 0 else half(i),
    }
    first = score("a", texts=texts, metrics=("exact_match",))
    second = score("b", texts=texts, metrics=("rouge_l", "exact_match"))
    code, [gate] = told_gate(first, second, "EXACT:0.1")

    assert code == 3
    assert gate["outcome"] == "cannot tell"
    # By hand: each sample differs, by 1; one-sided 2.5 %, power 80 %.
    sd = math.sqrt(N / (N - 1))
    assert gate["needed"] == pytest.approx(((1.96 + 0.8416) * sd / 0.1) ** 2, rel=0.1)
    rounded = 10 * math.ceil(gate["needed"] / 10)
    assert f"if the two are equal, about {rounded} samples would show it" in gate["sentence"]


@pytest.fixture
def told_gate(compare):
    def told_gate(first, second, gate, *words):
        done = compare(first, second, "--fail-if-worse", gate, "--json", *words)
        assert done.returncode in (0, 3), done.stderr
        return done.returncode, json.loads(done.stdout)["gates"]

    return told_gate


def test_the_same_system_passes(score, told_gate):
    code, [gate] = told_gate(score("plain"), score("plain"), "CIDEr:0.1")

    assert (code, gate["outcome"]) == (0, "same system")


def test_other_prompts_with_the_same_answers_pass_where_there_are_enough(score, told_gate):
    """Of 60 samples none loses: at most 6 % of all may (97.5 %), each by 1 on ROUGE-L."""
    texts = {"a": half, "b": lambda i: f" {half(i)}"}
    folders = [score(name, texts=texts, metrics=("rouge_l",)) for name in "ab"]

    code, [wide] = told_gate(*folders, "ROUGE_L:0.1")
    too_narrow, [narrow] = told_gate(*folders, "ROUGE_L:0.05")

    assert (code, too_narrow) == (0, 3)
    assert wide["least"] == pytest.approx(-(1 - 0.025 ** (1 / N)))
    assert narrow["needed"] == math.ceil(math.log(0.025) / math.log(0.95))
    assert "they score alike on every sample" in narrow["sentence"]


def test_a_gate_in_one_run_is_against_its_baseline(score, compare, told_gate):
    folder = score("plain", "title")

    unknown = compare(folder, "--fail-if-worse", "CIDEr")
    code, [gate] = told_gate(folder, "title", "CIDEr:0.1", "--baseline", "plain")
    backwards, _ = told_gate(folder, "plain", "CIDEr:0.1", "--baseline", "title")

    assert (code, backwards) == (0, 3)
    assert (gate["baseline"], gate["candidate"]) == ("plain", "title")
    assert unknown.returncode == 1
    assert "no margin for CIDEr: how large a loss matters?" in unknown.stderr


def test_the_margin_that_a_suite_declares_is_used(project, harness, told_gate):
    """Of four samples, which are too few for anything."""
    suite = project / "prompts/titles/suite.yaml"
    declared = "decide: {metric: CIDEr, baseline: plain, margin: 0.25}\n"
    suite.write_text(suite.read_text() + declared)
    folder = json.loads(harness("run", "prompts/titles", "--json", cwd=project).stdout)["folder"]

    code, [gate] = told_gate(folder, "plain", "CIDEr", "title")

    assert (code, gate["margin"], gate["outcome"]) == (3, 0.25, "cannot tell")
    assert "it takes 6 independent samples at the least" in gate["sentence"]


def test_the_bound_of_a_gate_is_that_of_its_test_alone(score, told_gate):
    """One test, one-sided at 2.5 %: no worse than Student's on 60 samples, and not far from it."""
    first, second = score("plain"), score("title")
    _, [gate] = told_gate(first, second, "CIDEr:0.1")

    pair = gate["pair"]
    half_width = stdtrit(N - 1, 0.975) * pair["unit_sd"] / math.sqrt(N)
    assert pair["family"] == 1
    assert gate["least"] == pytest.approx(pair["delta"] - half_width, rel=0.1)


@pytest.mark.parametrize("gate", ["CIDEr:", "CIDEr:-1", "CIDEr:nan", ":0.1", "CIDEr:much"])
def test_a_margin_is_a_number_above_0(score, compare, gate):
    done = compare(score("plain", "title"), "--fail-if-worse", gate)

    assert done.returncode == 1
    assert "a margin is a number above 0" in done.stderr
