"""Tables as strangers' programs write them, from the file to the score or the word that refuses.

The tables in ``tests/golden/tables`` were found 2026-11-25: each was then misread without a word.
"""

import csv
import json
import shutil

import pytest

TABLES = "tests/golden/tables"


@pytest.fixture
def score(harness):
    """Score a folder's predictions by exact match: the command's end, and the row it wrote."""

    def _score(folder):
        words = ("score", "--predictions", "p.jsonl", "--dataset", "d.yaml")
        run = harness(*words, "--metric", "exact_match", cwd=folder)
        tables = [path.read_text() for path in folder.glob("results/*/*/table.csv")]
        return run, next(csv.DictReader(tables[0].splitlines())) if tables else None

    return _score


@pytest.mark.parametrize(
    ("name", "n", "said"),
    [
        ("list-in-a-cell", 2, "2 cells of 'captions' held a list written as text"),
        ("number-as-text", 4, "1 cell of 'title' held a number"),
    ],
)
def test_a_table_is_read_right_and_what_was_odd_is_said(score, tmp_path, repository, name, n, said):
    shutil.copytree(repository / TABLES / name, tmp_path / name)
    run, row = score(tmp_path / name)
    assert run.returncode == 0, run.stderr
    assert (int(row["n"]), float(row["EXACT"])) == (n, 1.0)
    (record,) = (tmp_path / name).glob("results/*/*/run.json")
    assert said in json.loads(record.read_text())["notices"][0]


def test_an_open_quotation_mark_is_refused_until_it_is_declared(score, tmp_path, repository):
    folder = tmp_path / "tsv-open-quote"
    shutil.copytree(repository / TABLES / "tsv-open-quote", folder)
    run, row = score(folder)
    assert (run.returncode, row) == (1, None)
    assert "d.tsv:2: a quotation mark opens a cell that ends on line 6" in run.stderr
    assert "Traceback" not in run.stderr
    yaml = (folder / "d.yaml").read_text()
    remedy = run.stderr.partition("write `")[2].partition("`")[0]
    (folder / "d.yaml").write_text("\n".join([remedy, *yaml.splitlines()[1:]]))
    again, row = score(folder)
    assert again.returncode == 0, again.stderr
    assert (int(row["n"]), float(row["EXACT"])) == (6, 1.0)


def test_whole_numbers_reach_the_prompt_as_they_stand(tmp_path, repository, harness):
    folder = tmp_path / "suite"
    shutil.copytree(repository / TABLES / "parquet-missing-integer", folder)
    run = harness("render", ".", "--sample", "r0", "--only", "a", cwd=folder)
    assert run.returncode == 0, run.stderr
    assert "serves 4, item 6678090646845985471" in run.stdout
