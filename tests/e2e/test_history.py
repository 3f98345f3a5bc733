"""A suite's history tells each edit of a prompt, and what it did, and compares nothing else."""

import json
import re
import subprocess

import pytest
from PIL import Image

from harness.engines.fake import _WORDS as WORDS

SUITE = "prompts/titles"
EDITS = (
    "Give a recipe title.",
    "Give a short recipe title.",
    "Give a short and catchy recipe title.",
    "Give a recipe title.",
)


@pytest.fixture
def many(project):
    """Sixty samples with a picture each, and titles of words that the fake engine uses."""
    rows = []
    for i in range(60):
        Image.new("RGB", (8, 8), (4 * i, 0, 0)).save(project / f"datasets/dishes/images/d{i}.png")
        title = " ".join(WORDS[(i * step) % len(WORDS)] for step in (1, 3, 5, 7))
        rows.append({"id": f"d{i}", "image": f"d{i}.png", "title": f"{title} {i}", "n": i})
    (project / "datasets/dishes/samples.jsonl").write_text(
        "".join(f"{json.dumps(row)}\n" for row in rows)
    )


@pytest.fixture
def edited(project, many, told):
    """Four runs: ``title`` is edited twice, and then taken back; give their folders."""
    folders = []
    for text in EDITS:
        (project / SUITE / "title.yaml").write_text(f"user: {text}\npostprocess: [strip]\n")
        folders.append(told("run", SUITE)["folder"])
    return folders


def steps_of(chart, name):
    [line] = [line for line in chart["lines"] if line["name"] == name]
    return line["steps"]


def test_each_edit_is_a_step_with_what_was_changed(edited, told):
    [chart] = told("history", "titles")["charts"]

    steps = steps_of(chart, "title")
    assert [step["number"] for step in steps] == [1, 2, 3, 4]
    assert [step["changes"] for step in steps[:3]] == [
        [],
        ["prompt: +1 −0 words"],
        ["prompt: +2 −0 words"],
    ]
    assert steps[3]["again"] == 1
    added = [line for line in steps[1]["diff"] if line["change"] == "added"]
    assert [text for text, changed in added[0]["pieces"] if changed] == ["short "]
    [plain] = steps_of(chart, "plain")
    assert len(plain["runs"]) == 4
    assert [step["place"] for step in steps] == [0, 1, 2, 3]


def test_a_step_is_compared_as_two_runs_are(edited, told):
    """The difference of a step is that of ``harness compare`` on the two runs."""
    [chart] = told("history", "titles", "--metric", "ROUGE_L")["charts"]
    apart = told("compare", f"{edited[0]}:title", f"{edited[1]}:title")

    [pair] = [pair for pair in apart["pairs"] if pair["metric"] == "ROUGE_L"]
    step = steps_of(chart, "title")[1]
    for name in ("delta", "baseline_value", "candidate_value", "wins", "losses", "p_single"):
        assert step["before"][name] == pytest.approx(pair[name], rel=1e-12), name
    assert step["value"] == pair["candidate_value"]


def test_one_family_holds_all_steps_on_all_metrics(edited, told):
    """Of four steps: three with the one before, one more with the first; on six columns."""
    [chart] = told("history", "titles")["charts"]

    steps = steps_of(chart, "title")
    assert [step["first"] is not None for step in steps] == [False, False, True, False]
    tested = {step["before"]["family"] for step in steps[1:] if step["before"]["family"]}
    assert tested == {chart["comparisons"]}
    assert chart["comparisons"] <= 4 * 6


def test_it_says_how_many_prompts_were_tried_and_what_luck_gains(edited, told, harness, project):
    [chart] = told("history", "titles", "--metric", "ROUGE_L")["charts"]
    shown = harness("history", "titles", "--metric", "ROUGE_L", cwd=project).stdout

    assert chart["tried"] == 4  # three of title, and plain
    assert chart["chance"] > 0
    assert (
        f"the best of so many equal ones would seem {chart['chance']:.4f} ROUGE_L better" in shown
    )
    assert "back to step 1" in shown


def test_other_data_start_a_chart_of_their_own_and_say_why(project, edited, told):
    path = project / "datasets/dishes/samples.jsonl"
    path.write_text(path.read_text().replace(' 7", "n"', ' seven", "n"'))
    told("run", SUITE)
    told("run", SUITE, "--limit", "20")

    charts = told("history", "titles")["charts"]

    assert [chart["why"] for chart in charts] == [
        None,
        "other references of 1 sample",
        "other samples (20, before 60)",
    ]
    assert [len(steps_of(chart, "title")) for chart in charts] == [4, 1, 1]


def test_another_signature_starts_a_chart_of_its_own(project, edited, told):
    path = project / edited[3] / "summary.json"
    path.write_text(re.sub(r"ROUGE_L\|tok:none", "ROUGE_L|tok:other", path.read_text()))

    charts = told("history", "titles", "--metric", "ROUGE_L")["charts"]

    assert [len(steps_of(chart, "title")) for chart in charts] == [3, 1]
    assert charts[1]["why"] == "ROUGE_L was computed otherwise: tok (none, other)"


def test_decoding_and_post_processing_are_told_apart_from_the_prompt(project, many, told):
    suite, title = project / SUITE / "suite.yaml", project / SUITE / "title.yaml"
    suite.write_text(suite.read_text() + "decoding: {greedy: {temperature: 0}}\n")
    told("run", SUITE)
    title.write_text(title.read_text().replace("[strip]", "[strip, lowercase]"))
    told("run", SUITE)
    suite.write_text(suite.read_text().replace("temperature: 0}", "temperature: 0, max_tokens: 7}"))
    told("run", SUITE)

    [chart] = told("history", "titles")["charts"]

    found = [step["changes"] for line in chart["lines"] for step in line["steps"]]
    assert ["post-processing: strip → strip, lowercase"] in found
    assert any("decoding.max_tokens" in " ".join(changes) for changes in found)


def test_the_commit_of_the_prompts_stands_at_each_step(project, many, told):
    def git(*words):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words],
            cwd=project,
            check=True,
            capture_output=True,
        )

    (project / ".gitignore").write_text("results/\n")
    git("init")
    git("add", ".")
    git("commit", "-m", "one")
    told("run", SUITE)
    title = project / SUITE / "title.yaml"
    title.write_text("user: Give another title.\n")
    told("run", SUITE)

    [chart] = told("history", "titles")["charts"]

    steps = steps_of(chart, "title")
    assert [step["dirty"] for step in steps] == [False, True]
    assert len({step["commit"] for step in steps}) == 1
    assert len(steps[0]["commit"]) == 40


def test_the_page_has_the_chart_and_the_words_that_changed(project, edited, harness):
    done = harness("history", "titles", "--diff", "--html", "history.html", cwd=project)
    page = (project / "history.html").read_text()

    assert done.returncode == 0, done.stderr
    assert "{+short +}" in done.stdout
    assert page.count('class="pp-dot"') == 5
    assert "<b>short </b>" in page
    assert "default-src 'none'" in page


def test_prompts_are_no_markup(project, many, told, harness):
    for text in ("<script>alert(1)</script>", "<script>alert(2)</script>"):
        (project / SUITE / "title.yaml").write_text(f"user: {json.dumps(text)}\n")
        told("run", SUITE)

    done = harness("history", "titles", "--html", "history.html", cwd=project)

    assert done.returncode == 0, done.stderr
    page = (project / "history.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in re.sub(r"</?b>", "", page)


def test_what_is_not_there_is_said(project, edited, harness):
    (project / edited[0] / "summary.json").unlink()

    metric = harness("history", "titles", "--metric", "rouge", cwd=project)
    passed = harness("history", "titles", cwd=project)
    nothing = harness("history", "titels", cwd=project)

    assert "no run has the metric 'rouge'" in metric.stderr
    assert "passed over: " in passed.stdout
    assert "did not finish" in passed.stdout
    assert "no run 'titels'" in nothing.stderr
