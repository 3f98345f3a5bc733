"""``harness data split``: how splits fall, or would, and what stands on both sides."""

import csv
import json
import shutil

import pytest
from PIL import Image, ImageDraw

HALVES = "splits: {dev: 0.5, test: 0.5, sealed: [test]}\n"


@pytest.fixture
def divided(project):
    """The project with a dataset that has splits: s2 and s4 are in dev, s1 and s3 in test."""
    path = project / "datasets" / "dishes.yaml"
    path.write_text(path.read_text() + HALVES)
    return project


def split(harness, project, *words):
    done = harness("data", "split", "dishes", *words, cwd=project)
    assert done.returncode == 0, done.stderr
    return done


def told(harness, project, *words):
    return json.loads(split(harness, project, "--json", *words).stdout)


def table(text):
    """Give the cells of each split's row."""
    lines = [line.split("  ") for line in text.splitlines()]
    rows = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    return {row[0]: row[1:] for row in rows if len(row) == 8 and row[0] != "split"}


def add_rows(project, *rows):
    path = project / "datasets/dishes/samples.jsonl"
    path.write_text(path.read_text() + "".join(f"{json.dumps(row)}\n" for row in rows))


def test_declared_splits_are_shown_with_what_was_tried_and_looked_at(harness, divided):
    harness("run", "prompts/titles", cwd=divided)
    harness("run", "prompts/titles", "--split", "test", cwd=divided)
    shown = split(harness, divided)
    assert table(shown.stdout) == {
        "dev": ["50.0%", "2", "2", "50.0%", "2", "–", "2"],
        "test (sealed)": ["50.0%", "2", "2", "50.0%", "2", "1", "–"],
    }
    assert "dishes: 4 samples are divided by the hash of their id" in shown.stdout
    assert "nothing is changed" not in shown.stdout
    looks = (divided / "results/dishes.looks.jsonl").read_text()
    split(harness, divided)
    assert (divided / "results/dishes.looks.jsonl").read_text() == looks


def test_the_samples_of_a_split_are_those_that_a_run_on_it_uses(harness, divided):
    add_rows(
        divided,
        *({"id": f"m{i}", "image": f"s{i % 4 + 1}.png", "title": f"Dish {i}"} for i in range(40)),
        {"id": "gone", "image": "gone.png", "title": "Gone"},
        {"id": "", "image": "s1.png", "title": "No id"},
    )
    found = told(harness, divided, "--to", "lists")
    assert [row["reason"] for row in found["in_no_split"]] == ["missing_id"]
    parts = {part["name"]: part for part in found["splits"]}
    assert sum(part["rows"] for part in parts.values()) == 45
    assert sum(part["samples"] for part in parts.values()) == 44
    assert sum(part["share"] for part in parts.values()) == pytest.approx(1)
    with (divided / "lists/dishes.splits.csv").open() as file:
        listed = list(csv.DictReader(file))
    description = divided / "datasets/dishes.yaml"
    description.write_text(description.read_text() + "clean: [missing_id, missing_image]\n")
    for name in parts:
        checked = json.loads(
            harness("data", "check", "dishes", "--split", name, "--json", cwd=divided).stdout
        )
        assert checked["kept"] == parts[name]["samples"]
        assert harness("run", "prompts/titles", "--split", name, cwd=divided).returncode == 0
        newest = max(
            divided.glob("results/titles/*/samples.jsonl"), key=lambda p: p.stat().st_mtime
        )
        used = [json.loads(line)["id"] for line in newest.read_text().splitlines()]
        assert [row["id"] for row in listed if row["split"] == name] == used


def test_sample_and_limit_do_not_hide_what_is_in_a_split(harness, divided):
    path = divided / "datasets/dishes.yaml"
    path.write_text(path.read_text() + "sample: {n: 1}\nlimit: 1\nwhere: {n: {min: 1}}\n")
    assert [part["samples"] for part in told(harness, divided)["splits"]] == [2, 1]


def test_without_splits_it_shows_halves_and_lines_that_make_them(harness, project):
    path = project / "datasets/dishes.yaml"
    before = path.read_text()
    shown = split(harness, project).stdout
    assert table(shown)["test (sealed)"][2] == "2"
    assert "dishes: 4 samples would be divided by the hash of their id" in shown
    assert path.read_text() == before
    assert f"  {HALVES}" in shown
    path.write_text(before + HALVES)
    assert table(split(harness, project).stdout) == table(shown)


def test_proposed_splits_fall_as_they_do_once_they_are_pasted(harness, project):
    rows = []
    for i in range(32):
        Image.new("RGB", (64, 48), (i, 99, 255 - i)).save(
            project / f"datasets/dishes/images/{i}.png"
        )
        rows.append(
            {"id": f"m{i}", "image": f"{i}.png", "title": f"Dish {i}", "n": "abcdefgh"[i % 8]}
        )
    (project / "datasets/dishes/samples.jsonl").write_text("")
    add_rows(project, *rows)
    asked = ("--splits", "dev=0.4,on=0.2,test=0.4", "--seal", "test", "--by", "n")
    proposed = told(harness, project, *asked)
    assert proposed["yaml"] == [
        'splits: {dev: 0.4, "on": 0.2, test: 0.4, sealed: [test]}',
        "columns:",
        "  cluster: n  # beside those that stand there",
    ]
    assert sum(part["units"] for part in proposed["splits"]) == 8
    path = project / "datasets/dishes.yaml"
    text = path.read_text().replace("metadata: [n]}", "metadata: [n], cluster: n}")
    path.write_text(f"{text}{proposed['yaml'][0]}\n")
    declared = told(harness, project)
    assert declared["declared"]
    assert declared["splits"] == proposed["splits"]
    assert declared["by"] == proposed["by"] == "n"
    instead = split(harness, project, "--splits", "dev=0.9,test=0.1").stdout
    assert "dishes.yaml needs in the place of its splits" in instead
    assert "prompts may have been tried on what is sealed" in instead
    assert "no split is sealed" in instead


def test_what_stands_on_both_sides_is_named(harness, divided):
    images = divided / "datasets/dishes/images"
    picture = Image.new("RGB", (96, 96), "white")
    ImageDraw.Draw(picture).ellipse((10, 20, 60, 90), fill="black")
    picture.save(images / "s2.png")
    picture.save(images / "s1.jpg", quality=70)  # s2, in dev, encoded anew
    shutil.copy(images / "s4.png", images / "s3.png")  # s4, in dev, under another name
    rows = divided / "datasets/dishes/samples.jsonl"
    rows.write_text(rows.read_text().replace("s1.png", "s1.jpg"))
    shown = split(harness, divided).stdout
    assert (
        "the same image on both sides, byte for byte: 1 row; they end a run on the later split, "
        "for 'clean:' does not list their fault\n"
        "    's3': the same image as sample 's4' of the split 'dev'\n"
        "images that look alike on both sides: 1\n"
        "    's1' (test) and 's2' (dev): "
    ) in shown
    quick = told(harness, divided, "--no-near-duplicates")["on_both_sides"]
    assert quick["looks_alike"] is None
    assert [row["id"] for row in quick["same_image"]] == ["s3"]
    assert quick["same_image_ends_a_run"]
    assert harness("run", "prompts/titles", "--split", "test", cwd=divided).returncode == 1


def test_an_id_in_two_clusters_is_named_where_they_are_in_different_splits(harness, divided):
    path = divided / "datasets/dishes.yaml"
    path.write_text(path.read_text().replace("metadata: [n]}", "metadata: [n], cluster: n}"))
    clusters = [{"id": "twice", "image": f"{i}.png", "title": "x", "n": f"c{i}"} for i in range(9)]
    for i in range(9):
        Image.new("RGB", (64, 48), (i, i, 9)).save(divided / f"datasets/dishes/images/{i}.png")
    add_rows(divided, *clusters)
    shown = split(harness, divided).stdout
    assert "the same id on both sides, in clusters of different splits: 1\n" in shown
    assert "    'twice' (test) and 'twice' (dev)\n" in shown


def test_ids_are_listed_letter_by_letter(harness, divided):
    odd = ["=1+1", "-7", 'a "b", c', "007", "é"]
    add_rows(divided, *({"id": name, "image": "s1.png", "title": "x"} for name in odd))
    split(harness, divided, "--to", "lists")
    with (divided / "lists/dishes.splits.csv").open(encoding="utf-8") as file:
        assert {row["id"] for row in csv.DictReader(file)} >= set(odd)


def test_a_split_without_samples_is_shown_as_such(harness, project):
    shown = split(harness, project, "--splits", "dev=0.98,rest=0.01,test=0.01", "--seal", "test")
    assert table(shown.stdout)["rest"] == ["1.0%", "0", "0", "0.0%", "0", "–", "0"]
    assert "no sample is in rest, test: 4 units are too few for such a share" in shown.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--splits", "dev=0.5,test=0.4"], "add up to 0.9, not to 1"),
        (["--splits", "dev"], "'dev' is no split with its share"),
        (["--splits", "dev=0.5,dev=0.5"], "'dev' stands twice in 'dev=0.5,dev=0.5'"),
        (["--splits", "dev=0.5,sealed=0.5"], "'sealed' can be no split's name"),
        (["--splits", "dev=0.5,test=0.5", "--seal", "tset"], "did you mean 'test'?"),
        (["--splits", "dev=0.5,test=0.5", "--seal", "dev"], "'dev' is sealed and stands first"),
        (["--splits", "dev=nan,test=0.5"], "'splits.dev' is nan, not a share above 0"),
        (["--by", "titel"], "no column 'titel'"),
        (
            ["--to", "datasets/dishes.yaml"],
            "datasets/dishes.yaml/dishes.splits.csv cannot be written",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(harness, project, words, message):
    done = harness("data", "split", "dishes", *words, cwd=project)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_seal_moves_no_sample(harness, divided):
    shown = split(harness, divided, "--seal", "test").stdout
    assert "dishes.yaml needs in the place of its splits" in shown
    assert "change sides" not in shown


def test_where_no_row_is_chosen_it_is_said_by_what(harness, divided):
    path = divided / "datasets/dishes.yaml"
    path.write_text(path.read_text() + "where: {n: 99}\n")
    done = harness("data", "split", "dishes", cwd=divided)
    assert done.returncode == 1
    assert "chosen: 0 of 4 by where (n is 99)" in done.stderr
    assert "'where' keeps no row" in done.stderr


def test_of_a_dataset_without_a_usable_row_each_row_is_counted_once(harness, project):
    rows = project / "datasets/dishes/samples.jsonl"
    rows.write_text(rows.read_text().replace(".png", ".gif"))
    done = harness("data", "split", "dishes", cwd=project)
    assert done.returncode == 1
    assert "4 rows left out: 4 missing_image" in done.stderr


def test_splits_of_a_column_are_said_to_be_that_and_a_seal_leaves_them(harness, divided):
    rows = divided / "datasets/dishes/samples.jsonl"
    lines = [json.loads(line) for line in rows.read_text().splitlines()]
    sides = ["dev", "test", "test", "test"]
    rows.write_text(
        "".join(
            f"{json.dumps({**row, 'side': side})}\n" for row, side in zip(lines, sides, strict=True)
        )
    )
    path = divided / "datasets/dishes.yaml"
    named = "splits: {dev: 0.5, test: 0.5, column: side}"
    path.write_text(path.read_text().replace(HALVES.strip(), named))
    shown = split(harness, divided).stdout
    assert "dishes: 4 samples are divided by the column 'side'" in shown
    assert [table(shown)[name][2] for name in ("dev", "test")] == ["1", "3"]
    sealed = split(harness, divided, "--seal", "test").stdout
    assert "splits: {dev: 0.5, test: 0.5, sealed: [test], column: side}" in sealed
    assert table(sealed)["test (sealed)"][2] == "3"
    other = split(harness, divided, "--splits", "dev=0.5,test=0.5").stdout
    assert "by the hash of their id" in other
    assert table(other)["dev"][2] == "2"
    done = harness("run", "prompts/titles", "--limit", "1", cwd=divided)
    assert "split dev of the dataset (as its column 'side' says)" in done.stdout
