"""Names, ids, metadata and answers that hold terminal controls reach no terminal, by any verb."""

import json
import subprocess
import sys
import unicodedata

import pytest
from PIL import Image

COLOUR = "\x1b[31m"
CLIPBOARD = "\x1b]52;c;cm0gLXJm\x07"
LINK = "\x1b]8;;https://evil\x1b\\"
C1 = "\x9b2J"
TURNED = "\u202e"
EVERYTHING = f"{COLOUR}{CLIPBOARD}{LINK}{C1}{TURNED}"

SCRIPT = """
import json, sys
from harness.cli import main

for words in json.loads(sys.argv[1]):
    sys.argv = ["harness", *words]
    try:
        main()
    except SystemExit as ended:
        print(f"exit {ended.code}", file=sys.stderr)
"""


@pytest.fixture
def hostile(project, write):
    """The small project, with a control in everything that a stranger may have written."""
    suite = project / "prompts" / "titles"
    rows = project / "datasets" / "dishes" / "samples.jsonl"
    samples = [json.loads(line) for line in rows.read_text().splitlines()]
    for i in (5, 6):  # a slice has five samples at least
        Image.new("RGB", (8, 8), (i, 0, 0)).save(rows.parent / "images" / f"s{i}.png")
        samples.append({"id": f"s{i}", "image": f"s{i}.png", "title": "A Soup", "n": 0})
    for sample in samples:
        sample["id"] += LINK
        sample["title"] += TURNED
        sample["n"] = f"metadata {CLIPBOARD}"
    twice = {**samples[0], "id": f"again{LINK}"}
    rows.write_text("".join(f"{json.dumps(sample)}\n" for sample in [*samples, twice]))
    answers = [{"id": s["id"], "text": f"Soup {C1}", "system": "made elsewhere"} for s in samples]
    (suite / "mine.jsonl").write_text("".join(f"{json.dumps(a)}\n" for a in answers[:3]))
    dataset = project / "datasets" / "dishes.yaml"
    dataset.write_text(dataset.read_text() + "clean: [duplicate_image]\n")
    (suite / "plain.yaml").write_text(
        "description: " + json.dumps(f"d{COLOUR}") + "\nuser: 'Name it: {{ metadata.n }}'\n"
    )
    model = {"name": "m", "engine": "fake", "model": f"x{COLOUR}", "args": {"fail": 0.3}}
    replay = {"name": "file", "engine": "replay", "model": "./mine.jsonl"}
    text = (suite / "suite.yaml").read_text()
    text = text.replace(
        "[{name: stand-in, engine: fake, model: none}]", json.dumps([model, replay])
    )
    (suite / "suite.yaml").write_text(text)
    return project


def controls(text):
    kinds = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return {char for char in text if unicodedata.category(char) in kinds and char != "\n"}


def call(project, *calls):
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(calls)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_verb_prints_a_control_that_a_stranger_wrote(hostile):
    done = call(
        hostile,
        ["check"],
        ["render", "titles"],
        ["render", "titles", "--diff", "plain", "title"],
        ["run", "titles"],
        ["run", "titles", "--json"],
        ["score", "titles"],
        ["report", "titles"],
        ["report", "titles", "--by-metric"],
        ["compare", "titles"],
        ["compare", "titles", "--json"],
        ["slices", "titles", "--by", "n"],
        ["power", "titles"],
        ["show", "titles"],
        ["show", "titles", "--json"],
        ["list", "runs"],
        ["cache", "ls"],
        ["cache", "why", "titles", "titles"],
        ["compare", "titles", f"plain{EVERYTHING}"],
        ["run", "titles", "--only", f"plain{EVERYTHING}"],
        ["render", "titles", "--sample", f"no{EVERYTHING}"],
        ["run", f"nowhere{EVERYTHING}"],
        [f"verb{EVERYTHING}"],
    )
    assert controls(done.stdout) == set()
    assert controls(done.stderr) == set()
    assert "Traceback" not in done.stderr
    codes = [line.split()[1] for line in done.stderr.splitlines() if line.startswith("exit ")]
    assert codes == ["0"] * 17 + ["1"] * 4 + ["2"], done.stderr
    for shown in (
        r"metadata \x1b]52;c;",
        r"d\x1b[31m",
    ):
        assert shown in done.stdout, shown


@pytest.mark.parametrize("named", ["model", "variant", "system of a file"])
def test_a_name_that_holds_a_control_is_refused_and_shown(hostile, named):
    suite = hostile / "prompts" / "titles"
    if named == "variant":
        (suite / "title.yaml").rename(suite / f"ti{COLOUR}tle.yaml")
        old, new = "[plain, title]", json.dumps(["plain", f"ti{COLOUR}tle"])
    elif named == "model":
        old, new = '"name": "m"', f'"name": {json.dumps(f"m{C1}")}'
    else:
        lines = (suite / "mine.jsonl").read_text()
        (suite / "mine.jsonl").write_text(lines.replace("elsewhere", "else\\u202ewhere"))
        old, new = "dataset:", "dataset:"
    text = (suite / "suite.yaml").read_text()
    assert old in text
    (suite / "suite.yaml").write_text(text.replace(old, new))
    done = call(hostile, ["run", "titles"])
    assert "exit 1" in done.stderr
    assert "holds a character that cannot be seen: U+" in done.stderr
    assert controls(done.stderr) == set()
    assert not list((hostile / "results").glob("titles/*/run.json"))


def test_pages_and_tables_of_such_a_run_hold_no_control(hostile):
    call(hostile, ["run", "titles"])
    [folder] = (hostile / "results" / "titles").iterdir()
    scripts = [f"report_files/{name}" for name in ("data.js", "samples-0.js")]
    for name in ("report.html", "table.md", "table_by_metric.md", "table.tex", *scripts):
        assert controls((folder / name).read_text()) <= {"\t"}, name
