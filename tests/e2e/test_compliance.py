"""What is said of answers that are no bare answers: the verb, the table's note, the page."""

import json

import pytest

from harness import load_run

CHATTY = {
    "s1": ("chatty", 'Sure! Here is a title:\n\n"Lemon-Garlic Shrimp Skillet"'),
    "s2": ("chatty", "Title: Avocado and Tomato Salad"),
    "s3": ("chatty", "I'm sorry, but I can't help with that."),
    "s4": ("chatty", "Creamy Corn Chowder"),
}


@pytest.fixture
def scored(project, harness):
    """A run of predictions that were made elsewhere, of a chatty system and of a bare one."""
    rows = [{"id": i, "system": name, "text": text} for i, (name, text) in CHATTY.items()]
    rows += [{"id": i, "system": "bare", "text": "Creamy Corn Chowder"} for i in CHATTY]
    (project / "mine.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    done = harness(
        "score", "--predictions", "mine.jsonl", "--dataset", "dishes", "--metric", "exact_match",
        "--step", "strip_preamble", "--step", "strip_quotes", cwd=project,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


RUN = "results/dishes-predictions"


def test_the_table_says_what_is_frequent_and_the_verb_all(project, harness, scored):
    assert (
        "raw texts, before post-processing: chatty refusal 25 %, preamble 50 %, quotes 25 %, "
        "several_lines 25 % ('harness compliance' shows which)"
    ) in scored.stdout
    shown = harness("compliance", RUN, cwd=project)
    assert shown.returncode == 0, shown.stderr
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert ["chatty", "preamble", "2", "of", "4", "50.0", "%"] in [row[:7] for row in rows]
    assert (
        "in no text: empty, markdown, reasoning, truncated, language, too_long, repeats"
        in shown.stdout
    )
    assert ["chatty", "EXACT", "0.2500", "0.7500", "+0.5000"] in rows
    assert "chatty: 2 of 4 texts changed (strip_preamble 2, strip_quotes 1)" in shown.stdout
    assert not any(row[:2] == ["bare", "EXACT"] for row in rows)


def test_the_texts_behind_a_flag_are_shown_raw_and_as_scored(project, harness, scored):
    shown = harness("compliance", RUN, "--flag", "preamble", cwd=project).stdout
    assert "── chatty · sample s2 ──\n  Title: Avocado and Tomato Salad\nscored as:" in shown
    assert "sample s3" not in shown
    wrong = harness("compliance", RUN, "--flag", "preambel", cwd=project)
    assert wrong.returncode == 1
    assert "did you mean 'preamble'?" in wrong.stderr


def test_the_summary_and_the_page_hold_them(project, harness, scored):
    [folder] = (project / RUN).glob("*-*")
    summary = json.loads((folder / "summary.json").read_text())
    systems = {system["system"]: system for system in summary["systems"]}
    flags = {flag["flag"]: flag for flag in systems["chatty"]["flags"]}
    assert flags["preamble"]["answers"] == 2
    assert (flags["preamble"]["interval"], flags["preamble"]["no_interval"]) == (
        None,
        "fewer than 6 independent units",
    )
    assert systems["chatty"]["changed_by"] == {"strip_preamble": 2, "strip_quotes": 1}
    page = (folder / "report.html").read_text()
    assert "are they bare answers?" in page
    assert "0.2500 → 0.7500" in page
    told = json.loads(harness("compliance", RUN, "--json", cwd=project).stdout)
    assert (told["languages"], told["no_language"]) == ({"English": 2}, 2)
    told_of = "language English (2), and not told by the words of 2;"
    assert told_of in harness("compliance", RUN, cwd=project).stdout
    assert told["expected"]["languages"] == ["English"]
    assert [system["system"] for system in told["systems"]] == ["chatty", "bare"]


def test_python_says_the_same(project, harness, scored):
    told = json.loads(harness("compliance", RUN, "--json", cwd=project).stdout)
    found = load_run(project / RUN).compliance
    assert json.loads(json.dumps(found.json())) == told


def test_a_run_of_before_is_read_without_them(project, harness, scored):
    [folder] = (project / RUN).glob("*-*")
    summary = json.loads((folder / "summary.json").read_text())
    del summary["expected"]
    for system in summary["systems"]:
        del system["flags"], system["changed_by"]
    (folder / "summary.json").write_text(json.dumps(summary))
    again = harness("report", RUN, cwd=project)
    assert again.returncode == 0, again.stderr
    assert "raw texts" not in again.stdout
    assert "preamble" in harness("compliance", RUN, cwd=project).stdout


def test_shares_have_intervals_and_clusters_make_them_wider(project, harness, write):
    rows, predictions = [], []
    for i in range(40):
        rows.append({"id": f"p{i}", "image": f"p{i}.png", "title": "Lemon Tart", "cook": i // 4})
        text = "Title: Lemon Tart" if i % 8 < 4 else "Lemon Tart"
        predictions.append({"id": f"p{i}", "text": text})
    for name, values in (("many", rows), ("texts", predictions)):
        (project / "datasets" / f"{name}.jsonl").write_text(
            "".join(f"{json.dumps(value)}\n" for value in values)
        )
    widths = []
    for cluster in ("id", "cook"):
        write(
            project / "datasets" / "many.yaml",
            f"""
            source: {{format: jsonl, path: many.jsonl}}
            columns: {{id: id, image: image, references: [title], cluster: {cluster}}}
            clean: []
            """,
        )
        done = harness(
            "score", "--predictions", "datasets/texts.jsonl", "--dataset", "many", "--metric",
            "exact_match", "--json", cwd=project,
        )  # fmt: skip
        [system] = json.loads(done.stdout)["systems"]
        [flag] = [flag for flag in system["flags"] if flag["flag"] == "preamble"]
        assert flag["share"] == 0.5
        [never] = [flag for flag in system["flags"] if flag["flag"] == "refusal"]
        never_of = {"id": 0.0876, "cook": 0.3385}[cluster]  # Wilson, 0 of 40; of 10 clusters with t
        assert never["interval"] == pytest.approx((0.0, never_of), abs=0.0001)
        widths.append(flag["interval"][1] - flag["interval"][0])
    assert widths[1] > 1.5 * widths[0]
    assert widths[0] == pytest.approx(2 * 0.1479, abs=0.001)  # Wilson, 20 of 40
