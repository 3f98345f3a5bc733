"""What is declared and has no value is said, with the reason; nothing takes its place."""

import json

import pytest

import harness as python

SUITE = "prompts/titles"
DECIDE = "decide: {metric: CIDEr, baseline: plain}\n"


@pytest.fixture
def ran(project, harness):
    """Run the small project with these lines behind its suite, and so many samples."""

    def run(lines, samples=4):
        (project / SUITE / "third.yaml").write_text("user: Another.\n")
        suite = project / SUITE / "suite.yaml"
        text = suite.read_text().replace("[plain, title]", "[plain, title, third]")
        suite.write_text(text + lines)
        return harness("run", SUITE, "--limit", str(samples), cwd=project)

    return run


@pytest.fixture
def folder(project):
    return lambda: next(iter((project / "results/titles").iterdir()))


WHY = "CIDEr, which the suite declares, has no value in this run: CIDEr weighs words by how few"


def test_a_declared_metric_without_a_value_is_replaced_by_none(project, harness, ran, folder):
    """Found 2026-11-26: METEOR decided in its place, and power named no metric."""
    done = ran(DECIDE, samples=1)
    assert f"Undecided: {WHY} samples use them, which one sample cannot tell" in done.stdout
    assert "Exploratory: no comparison that the suite declares can be made." in done.stdout
    assert "this data cannot tell" not in done.stdout
    compared = python.load_run(folder()).compare()
    assert (compared.deciding, compared.verdict, compared.decides) == ("CIDEr", None, False)
    assert not any(pair.confirmatory for metric in compared.metrics for pair in metric.pairs)
    shown = harness("compare", folder(), cwd=project).stdout
    assert f"Undecided: {WHY}" in shown
    assert "On ROUGE_L" not in shown
    assert WHY in (folder() / "report.html").read_text()
    assert (
        "On ROUGE_L, this data cannot tell"
        in harness("compare", folder(), "--metric", "ROUGE_L", cwd=project).stdout
    )  # asked for by its name


@pytest.mark.parametrize(
    "words", [("power",), ("power", SUITE, "--from"), ("power", "--difference", "0.1")]
)
def test_no_verb_answers_for_another_metric(project, harness, ran, folder, words):
    ran(DECIDE, samples=1)
    verb, *rest = words
    given = [*rest, folder()] if rest[-1:] == ["--from"] else [folder(), *rest]
    done = harness(verb, *given, cwd=project)
    assert (done.returncode, done.stdout) == (1, "")
    assert WHY in done.stderr
    assert "--metric names another, on which nothing was declared" in done.stderr
    assert harness(verb, *given, "--metric", "ROUGE_L", cwd=project).returncode == 0


def test_of_two_declared_metrics_the_one_with_a_value_decides(ran, folder):
    ran("decide: {metric: [CIDEr, ROUGE_L], baseline: plain}\n", samples=1)
    compared = python.load_run(folder()).compare()
    assert (compared.deciding, compared.decides, compared.exploratory) == ("ROUGE_L", True, None)
    [said] = compared.undecided
    assert said.startswith(WHY)


def failed(path, *systems):
    """Make requests of these systems failed ones."""
    lines = []
    for line in (path / "completions.jsonl").read_text().splitlines():
        made = json.loads(line)
        if made["system"] in systems:
            made |= {"text": "", "error": "no answer came", "finish_reason": "error"}
        lines.append(json.dumps(made))
    (path / "completions.jsonl").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("silent", "said"),
    [
        (["plain"], "the declared comparisons on CIDEr cannot be made: plain has no value ("),
        (
            ["title"],
            "1 of the 2 declared comparisons on CIDEr cannot be made: title has no value (",
        ),
        (
            ["plain", "third"],
            "the declared comparisons on CIDEr cannot be made: plain has no value",
        ),
        (["plain", "title", "third"], "CIDEr, which the suite declares, has no value in this run"),
    ],
)
def test_of_what_has_no_answers_it_is_said(project, harness, ran, folder, silent, said):
    ran(DECIDE)
    failed(folder(), *silent)
    harness("score", folder(), cwd=project)
    assert said in (folder() / "report.html").read_text()
    if len(silent) > 1:
        return  # no two are left
    compared = python.load_run(folder()).compare()
    assert compared.undecided[0].startswith(said)
    assert "no sample has a prediction" in compared.undecided[0]
    none = "plain" in silent
    shown = harness("report", folder(), cwd=project).stdout
    assert shown.startswith("Undecided: what the suite declares cannot be compared") is none
    assert (said.lower() in shown.splitlines()[1].lower()) is none
    assert (compared.verdict is None) is none
    assert (compared.exploratory == "no comparison that the suite declares can be made") is none
    assert f"Undecided: {said}" in harness("power", folder(), cwd=project).stdout


def test_a_run_of_which_nothing_can_be_compared_says_so(project, harness, ran):
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text().replace("none}", "none, args: {fail: 1}}"))
    said = "Undecided: CIDEr, which the suite declares, has no value in this run: no sample has a"
    assert said in ran(DECIDE).stdout
