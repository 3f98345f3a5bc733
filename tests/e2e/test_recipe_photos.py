"""The study's recipe photos: datasets/recipes.yaml as it ships, on data with all their faults."""

import csv
import json
import shutil
import sys
from pathlib import Path

import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
import recipe_photos as photos

CLEAN = "clean: [missing_reference, missing_image, unreadable_image, duplicate_image]"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    photos.make_recipes(folder / "recipes")
    return folder / "recipes"


@pytest.fixture
def recipes(project, repository, made):
    """A project with these data, and the description of them that ships."""
    shutil.copytree(made, project / "datasets/recipes")
    shutil.copy(repository / "datasets/recipes.yaml", project / "datasets")
    suite = project / "prompts/titles/suite.yaml"
    suite.write_text(suite.read_text().replace("dataset: dishes", "dataset: recipes"))
    return project


def cleaned_by(project, clean):
    path = project / "datasets/recipes.yaml"
    assert CLEAN in path.read_text()
    path.write_text(path.read_text().replace(CLEAN, clean))


def name_of(project, row):
    with (project / "datasets/recipes/recipes.csv").open(newline="") as file:
        return list(csv.DictReader(file))[row]["Image_Name"]


def test_the_description_that_ships_finds_every_fault(recipes, harness):
    done = harness("data", "check", "recipes", "--json", "--to", "dropped.csv", cwd=recipes)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "wrote dropped.csv")
    told = json.loads(done.stdout)
    assert {each["reason"]: each["rows"] for each in told["dropped"]} == {
        "missing_reference": 5,
        "missing_image": len(photos.IMAGES),
        "unreadable_image": 2,
        "duplicate_image": len(photos.TWINS),
    }
    assert told["ending"] == []
    assert (told["rows"], told["kept"]) == (photos.ROWS, photos.ROWS - 14)
    with (recipes / "dropped.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 14
    assert [row["id"] for row in rows if "#" in row["id"]] == ["#NAME?"] * 3
    assert all(row["detail"] for row in rows)
    assert {each["kind"]: each["count"] for each in told["suspicious"]} == {
        "capitals_only": 1,
        "one_letter": 1,
        "markup": 1,
        "file_name": 1,
        "same_title": 5,
    }


def test_a_run_on_it_leaves_out_the_same_rows(recipes, harness):
    harness("data", "check", "recipes", "--to", "dropped.csv", cwd=recipes)
    done = harness("run", "prompts/titles", cwd=recipes)
    assert done.returncode == 0, done.stderr
    assert "14 rows of the dataset left out: 5 missing_reference, 5 missing_image" in done.stdout
    (of_run,) = recipes.glob("results/titles/*/dropped.csv")
    assert of_run.read_text() == (recipes / "dropped.csv").read_text()


def test_further_rules_find_more_and_none_sees_what_a_picture_shows(recipes, harness):
    rules = "near_duplicate_image, near_duplicate_reference, off_topic"
    cleaned_by(recipes, CLEAN.replace("]", f", {rules}]\nmend: [white_space, html_entities]"))
    done = harness("data", "check", "recipes", "--to", "dropped.csv", cwd=recipes)
    assert done.returncode == 0, done.stderr
    with (recipes / "dropped.csv").open(newline="") as file:
        found = {}
        for row in csv.DictReader(file):
            found.setdefault(row["reason"], []).append(row["id"])
    ((_, whole),) = photos.SCALED.items()
    # The one of the two that comes first stays, here the smaller one.
    assert found["near_duplicate_image"] == [name_of(recipes, whole)]
    assert set(found["off_topic"]) == {name_of(recipes, row) for row in (8, 9)}
    tarts = {name_of(recipes, row) for row in (55, 56, 57, 58)}
    assert tarts <= {*found["near_duplicate_reference"]}
    assert name_of(recipes, photos.STREET) not in {
        name for names in found.values() for name in names
    }
    assert "  1 reference by white_space\n" in done.stdout
    assert "'Mac & Cheese with  Lemon' became 'Mac & Cheese with Lemon'" in done.stdout


def test_a_limit_on_what_may_be_left_out_ends_with_1(recipes, harness):
    for most, code in (("14", 0), ("13", 1), ("25%", 0), ("23.3%", 1)):
        done = harness("data", "check", "recipes", "--max-dropped", most, cwd=recipes)
        assert done.returncode == code, most
        said = f"error: 14 rows are left out, more than {most}\n"
        assert (said in done.stderr) == bool(code)
    assert harness("data", "check", "recipes", "--max-dropped", "few", cwd=recipes).returncode == 2


def test_what_would_end_a_run_is_told_whole_and_ends_with_1(recipes, harness):
    cleaned_by(recipes, "clean: [missing_image]")
    refused = harness("run", "prompts/titles", cwd=recipes)
    assert (refused.returncode, refused.stdout) == (1, "")
    done = harness("data", "check", "recipes", "--json", cwd=recipes)
    assert done.returncode == 1
    assert done.stderr == "error: 7 rows would end a run: 'clean:' does not list why\n"
    told = json.loads(done.stdout)
    assert {each["reason"]: each["rows"] for each in told["ending"]} == {
        "missing_reference": 5,
        "unreadable_image": 2,
    }
    assert [e["id"] for e in told["ending"][1]["examples"]] == [
        name_of(recipes, photos.NO_IMAGE),
        name_of(recipes, photos.CUT_SHORT),
    ]


def test_it_reads_well(recipes, harness):
    done = harness("data", "check", "recipes", cwd=recipes)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[:5] == [
        f"recipes: {photos.ROWS} rows, {photos.ROWS - 14} samples",
        "",
        "left out: 14 rows (23.3%)",
        "  5 missing_reference",
        f"      line 14 '{name_of(recipes, 3)}': no text in Title",
    ]
    assert "  5 missing_image" in lines
    assert "      line 42 '#NAME?': no such image: datasets/recipes/images/#NAME?.jpg" in lines
    assert lines[-2:] == ["  titles that 5 samples or more have: 5", "      Lemon Tart (5 samples)"]


def test_data_that_are_not_here_are_told_with_how_to_get_them(project, repository, harness):
    shutil.copy(repository / "datasets/recipes.yaml", project / "datasets")
    done = harness("data", "check", "recipes", cwd=project)
    assert (done.returncode, done.stdout) == (1, "")
    assert "put the CSV at datasets/recipes/recipes.csv" in done.stderr
