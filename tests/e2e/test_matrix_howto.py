"""docs/how-to/matrix.md runs as it is written; names of a matrix are harmless everywhere."""

import csv
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from harness.store.run_folder import RunFolder

REPOSITORY = Path(__file__).parents[2]
BLOCK = re.compile(r"(?:^`(\S+)`[^\n`]*:\n\n)?^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
"""The file that a line names which ends in a colon, kind and text: a text has no place for it."""


@pytest.fixture(scope="module")
def run(tmp_path_factory, harness):
    """Write the page's files into a project, call its commands, and give what they said."""
    root = tmp_path_factory.mktemp("howto")
    shutil.copytree(REPOSITORY / "datasets", root / "datasets")
    said = {}
    for named, kind, text in BLOCK.findall((REPOSITORY / "docs/how-to/matrix.md").read_text()):
        if kind == "bash":
            for line in text.splitlines():
                said[line] = harness(*shlex.split(line)[1:], cwd=root)
        elif name := re.match(r"# (prompts/\S+)\n", f"# {named}\n{text}" if named else text):
            path = root / name[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text if named else text.partition("\n")[2])
    return root, said


def test_every_command_of_the_page_runs(run):
    _, said = run
    assert len(said) == 5
    for line, done in said.items():
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        assert "unused" not in done.stdout


def test_a_part_is_shown_with_its_variables(run):
    _, said = run
    catchy, plain = [done.stdout for line, done in said.items() if " render " in line]
    assert catchy.count("Make it one that sells.") == 2
    assert "Please give a title for this recipe." in plain
    assert "Use at most 4 words." in plain
    assert "title[tone=catchy,examples=0,wording=short]" in catchy


def test_ideas_are_averaged_over_their_wordings(run):
    root, said = run
    first = next(done.stdout for line, done in said.items() if " run " in line)
    below = first.partition("averaged over wording")[2]
    folder = RunFolder.all(root / "results" / "wordings")[-1]
    summary = folder.summary()
    names = [
        "title[tone=plain,examples=0]",
        "title[tone=plain,examples=2]",
        "title[tone=catchy,examples=0]",
    ]
    assert [idea.name for idea in summary.ideas] == names
    for idea in summary.ideas:
        scores = [summary.value(system, "ROUGE_L") for system in idea.systems]
        band = idea.bands["ROUGE_L"]
        assert len(scores) == 2
        assert (band.mean, band.low, band.high) == (
            pytest.approx(sum(scores) / 2), min(scores), max(scores),
        )  # fmt: skip
        assert f"({band.low:.2f} – {band.high:.2f})" in below
        assert idea.name in below
        assert (
            idea.name.replace("[", r"\[").replace("]", r"\]")
            in ((folder.path / "table.md").read_text().partition("averaged over wording")[2])
        )
    rows = [line for line in below.splitlines() if line.startswith(" title[")]
    assert [("≈" in row.partition("(")[0]) for row in rows] == [False, True, False]
    page = (REPOSITORY / "docs/how-to/matrix.md").read_text()
    for row in rows:
        assert " ".join(row.partition(")")[0].split()) in " ".join(page.split())
    assert "Averaged over wording" in (folder.path / "report.html").read_text()


def test_the_record_holds_the_design(run):
    root, _ = run
    record = RunFolder.all(root / "results" / "wordings")[-1].run()
    variant = record.variants["title[tone=plain,examples=2,wording=short]"]
    assert variant.axes == {"tone": "plain", "examples": "2", "wording": "short"}
    assert (variant.matrix, variant.nuisance) == ("title", ("wording",))
    assert variant.vars == {
        "words": 6, "tone": "plain", "examples": 2, "wording": "Recipe title:",
    }  # fmt: skip
    assert variant.parts == {"rules.txt": "Use at most {{ words }} words.\n"}
    assert variant.exemplars.ids == ("t001", "t002")


def test_a_name_with_brackets_is_itself_in_every_file_and_verb(run, harness):
    root, _ = run
    folder = RunFolder.all(root / "results" / "wordings")[-1].path
    name = "title[tone=plain,examples=0,wording=formal]"
    with (folder / "table.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["system"] == name
    assert f">{name}</th>" in (folder / "report.html").read_text()
    assert name.replace("[", "{[}") in (folder / "table.tex").read_text()
    assert r"title\[tone=plain,examples=0,wording=formal\]" in (folder / "table.md").read_text()
    shown = harness("report", folder)
    assert re.search(rf"^ {re.escape(name)} ", shown.stdout, re.MULTILINE)
    other = name.replace("formal", "short")
    compared = harness("compare", folder, name, other, "--baseline", name, "--json")
    pairs = json.loads(compared.stdout)
    assert other in compared.stdout, pairs
    assert harness("compare", folder, name, other).returncode == 0
    assert name in harness("show", folder).stdout
    assert harness("score", folder, "--metric", "chrf").returncode == 0
