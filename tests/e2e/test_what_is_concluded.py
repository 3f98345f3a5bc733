"""What a run and the verbs that read it conclude from what a suite declares."""

import json

import pytest
from PIL import Image

SUITE = "prompts/titles"


@pytest.fixture
def declare(project):
    """Give the small project 40 samples, a third prompt, and these lines behind its suite."""

    def declare(lines, metrics="rouge_l, exact_match"):
        rows = [{"id": f"d{i}", "image": f"d{i}.png", "title": f"Soup {i}"} for i in range(40)]
        for i in range(40):
            Image.new("RGB", (8, 8), (i, 0, 0)).save(project / f"datasets/d{i}.png")
        text = "".join(f"{json.dumps(row)}\n" for row in rows)
        (project / "datasets/forty.jsonl").write_text(text)
        (project / "datasets/forty.yaml").write_text(
            "source: {format: jsonl, path: forty.jsonl}\n"
            "columns: {id: id, image: image, references: [title]}\nclean: []\n"
        )
        (project / SUITE / "third.yaml").write_text("user: Another.\n")
        (project / SUITE / "suite.yaml").write_text(
            "dataset: forty\nvariants: [plain, title, third]\n"
            "models: [{name: stand-in, engine: fake, model: none}]\n"
            f"metrics: [{metrics}]\n{lines}\n"
        )

    return declare


@pytest.fixture
def text(project, harness):
    """Call a verb and give what it prints, in one line."""

    def text(*words):
        done = harness(*words, cwd=project)
        assert done.returncode == 0, done.stderr
        return " ".join(done.stdout.split())

    return text


@pytest.fixture
def told(project, harness):
    """Call a verb that prints JSON."""

    def told(*words):
        done = harness(*words, "--json", cwd=project)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return told


def test_every_declared_metric_has_its_sentences(project, declare, text):
    declare("decide: {metric: [ROUGE_L, EXACT], baseline: plain, margin: {EXACT: 0.1}}")

    said = text("run", SUITE)
    [folder] = (project / "results/titles").iterdir()

    assert "Of the 4 declared comparisons on ROUGE_L and EXACT " in said
    assert "not told apart: ROUGE_L" in said
    assert "title and plain are equivalent within ±0.1: EXACT" in said  # all are wrong
    assert "0 are told apart" in said
    compared = text("compare", folder)
    page = (folder / "report.html").read_text()
    for name in ("title", "third"):
        for metric in ("ROUGE_L", "EXACT"):
            for shown in (compared, page):
                assert any(
                    f"On {metric}, " in sentence and name in sentence and "plain" in sentence
                    for sentence in shown.replace("\n", " ").split(").")
                ), (metric, name)
    assert "within ±0.1: EXACT" in (folder / "table.md").read_text()
    for words in ((folder,), (SUITE, "--from", folder)):
        powered = text("power", *words)
        assert "ROUGE_L: the true differences that 40 samples tell apart" in powered
        assert "EXACT: the true differences that 40 samples tell apart" in powered
    assert "On EXACT" not in text("compare", folder, "--metric", "ROUGE_L")


def test_a_pair_that_is_not_declared_is_planned_with_all_that_could_be_looked_at(
    project, declare, told
):
    declare("decide: {metric: ROUGE_L, baseline: plain}")
    folder = told("run", SUITE)["folder"]

    def over(*words):
        return {
            frozenset((pair["baseline"], pair["candidate"])): pair["comparisons"]
            for pair in told("power", *words)["pairs"]
        }

    assert over(SUITE, "--from", folder) == {
        frozenset(("plain", "title")): 2,
        frozenset(("plain", "third")): 2,
        frozenset(("title", "third")): 9,  # all pairs on ROUGE_L, EXACT and EXACT_NORM
    }
    assert over(folder)[frozenset(("title", "third"))] > 2
