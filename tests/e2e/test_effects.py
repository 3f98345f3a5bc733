"""What ``harness effects`` says of a run whose variants are a matrix; the answers are made up."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image

import harness as python

DISHES = [
    f"{how} {what} with {side}"
    for how in ("Warm", "Cold", "Old")
    for what in ("corn", "fig", "egg", "nut")
    for side in ("green leaves", "brown bread")
]
TONES, LENGTHS = ("plain", "catchy"), ("short", "long")


def name(tone, length):
    return f"title-{tone}-{length}"


@pytest.fixture
def dishes(project, write):
    """A dataset of 24 dishes and a suite of tone × length, a file a variant."""
    data = project / "datasets" / "dishes"
    rows = []
    for i, title in enumerate(DISHES):
        Image.new("RGB", (32, 32), (9 * i, 200 - 5 * i, 3 * i)).save(data / "images" / f"d{i}.png")
        rows.append({"id": f"d{i}", "image": f"d{i}.png", "title": title, "n": i})
    (data / "samples.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    suite = project / "prompts" / "titles"
    names = [name(tone, length) for tone in TONES for length in LENGTHS]
    for tone in TONES:
        for length in LENGTHS:
            write(suite / f"{name(tone, length)}.yaml", f"user: A {tone} {length} title.\n")
    text = (suite / "suite.yaml").read_text()
    text = text.replace("[plain, title]", f"[{', '.join(names)}]").replace("bleu, rouge_l", "bleu")
    (suite / "suite.yaml").write_text(text.replace("cider", "rouge_l"))
    return project


@pytest.fixture
def matrix(dishes, script, harness):
    """A run in which catchy prompts lose words on two of three samples, long ones do nothing."""

    def answer(request):
        said = str(request.rendered.messages)
        title = DISHES[int(request.sample_id[1:])]
        words = title.split()
        wrong = "catchy" in said and int(request.sample_id[1:]) % 3
        if wrong:
            return " ".join(words[:2])
        # Every prompt misses a word now and then, each elsewhere.
        place = (int(request.sample_id[1:]) + len(said)) % 7
        return " ".join(words[:place] + words[place + 1 :])

    script.answer = answer
    ran = harness("run", "prompts/titles", "--json", cwd=dishes)
    assert ran.returncode == 0, ran.stderr
    folder = dishes / json.loads(ran.stdout)["folder"]
    record = json.loads((folder / "run.json").read_text())
    for tone in TONES:
        for length in LENGTHS:
            record["variants"][name(tone, length)] |= {
                "matrix": "title",
                "axes": {"tone": tone, "length": length},
            }
    (folder / "run.json").write_text(json.dumps(record))
    return folder


def test_effects_are_told_with_their_sizes(matrix, harness):
    told = harness("effects", matrix, "--metric", "ROUGE_L", "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["matrices"] == [
        {
            "matrix": "title",
            "axes": {"tone": list(TONES), "length": list(LENGTHS)},
            "nuisance": [],
            "systems": 4,
        }
    ]
    tone, length, both = found["effects"]
    assert (tone["axes"], tone["levels"], tone["against"]) == (["tone"], ["catchy"], ["plain"])
    scores = {
        (s["system"], s["metric"]): s["value"]
        for s in json.loads((matrix / "summary.json").read_text())["results"]
    }
    score = {
        (one, other): scores[name(one, other), "ROUGE_L"] for one in TONES for other in LENGTHS
    }
    catchy, plain = (sum(score[t, other] for other in LENGTHS) / 2 for t in ("catchy", "plain"))
    assert tone["estimate"] == pytest.approx(catchy - plain)
    assert tone["parts"] == pytest.approx([plain, catchy])
    assert tone["verdict"] == "told apart"
    assert tone["interval"][1] < 0
    assert (tone["combinations"], tone["possible"], tone["n_paired"]) == (2, 2, 24)
    assert length["verdict"] != "told apart"
    assert both["estimate"] == pytest.approx(
        score["catchy", "long"] - score["plain", "long"]
        - score["catchy", "short"] + score["plain", "short"]
    )  # fmt: skip
    assert tone["family"] > 3  # BLEU's columns could have been looked at as well


def test_python_gives_what_the_command_prints(matrix, harness):
    found = python.load_run(matrix).effects(metric="BLEU_1")
    shown = harness("effects", matrix, "--metric", "BLEU_1").stdout
    assert found.deciding == "BLEU_1"
    assert all(sentence in shown for sentence in found.sentences())
    assert f"{found.of('BLEU_1')[0].estimate:+.4f}" in shown


def test_the_table_and_its_sentences(matrix, harness):
    shown = harness("effects", matrix)
    assert shown.returncode == 0, shown.stderr
    first = {line.split()[0] for line in shown.stdout.split("\n") if line.strip()}
    assert {"BLEU_1", "BLEU_2", "ROUGE_L"} <= first
    assert "catchy − plain, long − short" in shown.stdout
    said = r"On ROUGE_L, tone=plain beats tone=catchy by 0\.\d{4}, averaged over 2 combinations"
    assert re.search(said, shown.stdout)
    assert "real" not in shown.stdout
    assert "exploratory" in shown.stdout


def test_the_picture_is_one_svg_file_with_a_line_an_effect(matrix, harness, tmp_path):
    file = tmp_path / "effects.svg"
    assert harness("effects", matrix, "--metric", "ROUGE_L", "--picture", file).returncode == 0
    root = ET.parse(file).getroot()
    titles = [t.text for t in root.iter("{http://www.w3.org/2000/svg}title")]
    assert [t.partition(": -")[0].partition(": +")[0] for t in titles[1:]] == [
        "tone: catchy − plain",
        "length: long − short",
        "tone: catchy − plain × length: long − short",
    ]
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 3


def test_the_page_shows_the_effects(matrix, harness):
    assert "What each choice does" not in (matrix / "report.html").read_text()
    assert harness("report", matrix).returncode == 0
    page = (matrix / "report.html").read_text()
    assert "What each choice does" in page
    data = (matrix / "report_files" / "data.js").read_text()
    boards = json.loads(data.removeprefix("harnessPage(").removesuffix(");\n"))["boards"]
    assert [len(board["effects"]) for board in boards] == [3] * len(boards)
    assert "tone=plain beats tone=catchy" in page


def test_a_part_of_a_matrix_says_what_it_cannot_tell(matrix, harness):
    file = matrix / "run.json"
    record = json.loads(file.read_text())
    record["variants"][name("catchy", "long")] |= {"matrix": None, "axes": {}}
    file.write_text(json.dumps(record))
    shown = harness("effects", matrix)
    assert shown.returncode == 0, shown.stderr
    assert "1 of 2" in shown.stdout
    assert (
        "not to be told: tone × length: catchy, long: no combination of the other choices has all "
        "levels that it takes" in shown.stdout
    )


def test_a_run_without_a_matrix_is_an_error_with_a_hint(dishes, harness):
    ran = harness("run", "prompts/titles", "--json", cwd=dishes)
    folder = dishes / json.loads(ran.stdout)["folder"]
    told = harness("effects", folder)
    assert told.returncode == 1
    assert told.stderr.startswith("error: no variant of titles comes from a matrix\n")
    assert "hint: a variant's 'matrix: {tone: [plain, catchy]}' makes one" in told.stderr
    report = Path(folder / "report.html").read_text()
    assert "What each choice does" not in report


def test_a_picture_that_cannot_be_written_is_an_error(matrix, harness, tmp_path):
    told = harness("effects", matrix, "--picture", tmp_path / "none" / "x.svg")
    assert told.returncode == 1
    assert "cannot be written: No such file or directory" in told.stderr


def test_an_axis_that_no_prompt_names_is_named_with_its_file(project, harness, write):
    """Found 2026-11-26: of such an axis was said that "it never shows"."""
    suite = project / "prompts/titles"
    write(
        suite / "title.yaml",
        """
        matrix: {tone: [plain, catchy], length: [short, long]}
        user: "Give a {{ length }} title."
        """,
    )
    lines = (suite / "suite.yaml").read_text().replace("title]", "title]\nbaseline: plain")
    (suite / "suite.yaml").write_text(lines)
    folder = json.loads(harness("run", "prompts/titles", "--json", cwd=project).stdout)["folder"]
    shown = harness("effects", folder, cwd=project)
    said = [line for line in shown.stdout.splitlines() if line.startswith("not to be told: ")]
    assert said == [
        "not to be told: tone: no template and no 'exemplars:' of title.yaml names it, so that all "
        "its levels ask the same"
    ]
    assert "it never shows" not in shown.stdout


def test_a_picture_takes_the_place_of_a_picture_of_effects_alone(matrix, harness, tmp_path):
    path = tmp_path / "mine.svg"
    for _ in range(2):
        assert harness("effects", matrix, "--picture", path).returncode == 0
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    done = harness("effects", matrix, "--picture", path)
    assert done.returncode == 1
    assert "it is not written over" in done.stderr
    assert path.read_text() == '<svg xmlns="http://www.w3.org/2000/svg"/>'
