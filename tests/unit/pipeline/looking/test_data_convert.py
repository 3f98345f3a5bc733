"""A dataset is written as one of its own, and reads back the same."""

import fcntl
import json
import os
import subprocess
import sys

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from harness.config.load import load_dataset
from harness.dataset.samples import load_samples
from harness.errors import DataError
from harness.pipeline.looking.data_convert import convert_data
from harness.pipeline.looking.unfinished import remove_dead

IDS = [
    "plain", "PLAIN", "../../etc/passwd", "a/b", "", "con", "nul", ".hidden", "-rf", "x" * 300,
    "café", "cafe\u0301", "日本", "a b", "a?b", "a*b", "a\\b", "plain-2", "s.jpg",
    "\u202eodd", "🍲",
]  # fmt: skip


class Quiet:
    def stage(self, text):
        pass

    def so_far(self, text):
        pass


@pytest.fixture
def write_rows(tmp_path, monkeypatch):
    """A dataset of JSON lines, each with a picture of its own unless it names one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()

    def _write(rows, more=""):
        rows = [
            {"image": f"{i}.png", "note": None, "cook": None} | row for i, row in enumerate(rows)
        ]
        named = (row["image"] for row in rows)
        for name in {n for one in named for n in ([one] if isinstance(one, str) else one)}:
            colour = (int(name.partition(".")[0]), 0, 0)
            Image.new("RGB", (8, 6), colour).save(tmp_path / "images" / name)
        (tmp_path / "d.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        (tmp_path / "d.yaml").write_text(
            f"""
source: {{format: jsonl, path: d.jsonl}}
columns: {{id: id, image: image, references: [title], metadata: [note, id], cluster: cook}}
images: {{root: images}}
clean: [missing_id, missing_reference, missing_image, unreadable_image]
{more}
"""
        )
        return load_samples(load_dataset(tmp_path / "d.yaml")).samples

    return _write


def said(samples):
    return [
        (s.id, s.references, s.cluster, json.dumps(s.metadata), [r.sha256 for r in s.media])
        for s in samples
    ]


def read_back(converted):
    return load_samples(load_dataset(converted.description)).samples


def test_ids_of_any_kind_are_kept_and_none_leads_a_file_astray(write_rows, tmp_path):
    before = write_rows([{"id": i, "title": f"Dish {n}"} for n, i in enumerate(IDS)])
    made = convert_data("d.yaml", tmp_path / "out", Quiet())
    assert said(read_back(made)) == said(before)
    assert (made.samples, made.images, made.left_out) == (len(IDS) - 1, len(IDS) - 1, 1)
    files = [path.name for path in (tmp_path / "out" / "images").rglob("*")]
    assert len({name.casefold() for name in files}) == len(files) == len(IDS) - 1
    for name in files:
        assert name.isascii()
        assert len(name) < 100
        assert name[0].isalnum()
        assert name.partition(".")[0].lower() not in ("con", "nul")
    left = {path.name for path in tmp_path.iterdir()}
    assert left - {"results"} == {"d.yaml", "d.jsonl", "images", "out"}


def test_references_clusters_and_types_of_metadata_are_kept(write_rows, tmp_path):
    before = write_rows(
        [
            {"id": "a", "title": ["One", "['looks', 'like a list']"], "note": 1, "cook": "x"},
            {"id": "b", "title": "Two", "note": 2**53 + 1, "cook": None},
            {"id": "c", "title": ["Three", "3"], "note": None},
        ]
    )
    made = convert_data("d.yaml", tmp_path / "out", Quiet())
    assert made.table == "parquet"
    assert said(read_back(made)) == said(before)
    assert before[1].metadata["note"] == 2**53 + 1


@pytest.mark.parametrize(
    "notes",
    [[1, "one"], [{"a": 1}, {"b": 2}], [1, 2.5], [2**70, 1], [True, 1], [{}, {}]],
)
def test_metadata_that_parquet_would_change_are_written_as_lines(notes, write_rows, tmp_path):
    before = write_rows(
        [{"id": str(n), "title": "A", "note": note} for n, note in enumerate(notes)]
    )
    made = convert_data("d.yaml", tmp_path / "out", Quiet())
    assert made.table == "jsonl"
    assert said(read_back(made)) == said(before)
    assert not (tmp_path / "out" / "samples.parquet").exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab ", max_size=2), inner),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=25)
@given(notes=st.lists(JSON, min_size=1, max_size=4), data=st.data())
def test_whatever_metadata_hold_reads_back(notes, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Image.new("RGB", (4, 4)).save(folder / "p.png")
        rows = [{"id": f"{n}", "image": "p.png", "title": "A", "n": v} for n, v in enumerate(notes)]
        (folder / "d.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        (folder / "d.yaml").write_text(
            "source: {format: jsonl, path: d.jsonl}\n"
            "columns: {id: id, image: image, references: [title], metadata: [n]}\n"
        )
        before = load_samples(load_dataset(folder / "d.yaml")).samples
        assert said(read_back(convert_data("d.yaml", folder / "out", Quiet()))) == said(before)


def test_an_image_that_samples_share_is_one_file(write_rows, tmp_path):
    before = write_rows(
        [
            {"id": "a", "title": "A", "image": ["1.png", "2.png"]},
            {"id": "b", "title": "B", "image": ["2.png", "3.png", "2.png"]},
        ]
    )
    made = convert_data("d.yaml", tmp_path / "out", Quiet())
    assert said(read_back(made)) == said(before)
    files = sorted(path.name for path in (tmp_path / "out" / "images").iterdir())
    assert files == ["a-2.png", "a.png", "b-2.png"]


def test_images_are_copied_byte_for_byte(write_rows, tmp_path):
    write_rows([{"id": "a", "title": "A"}])
    before = (tmp_path / "images" / "0.png").read_bytes() + b"behind the end"
    (tmp_path / "images" / "0.png").write_bytes(before)
    convert_data("d.yaml", tmp_path / "out", Quiet())
    assert (tmp_path / "out" / "images" / "a.png").read_bytes() == before


def test_the_description_says_what_the_data_are_and_that_they_were_mended(write_rows, tmp_path):
    text = 'Soup: "hot"\n# no comment\t\x7f\x85\u2028 🍲'
    write_rows(
        [{"id": "a", "title": "A &amp; B"}],
        more=f"mend: [html_entities]\ndescription: {json.dumps(text, ensure_ascii=True)}".replace(
            "\\ud83c\\udf72", "\\U0001f372"
        ),
    )
    made = convert_data("d.yaml", tmp_path / "out", Quiet())
    assert load_dataset(made.description).description == text
    assert read_back(made)[0].references == ("A & B",)
    assert "mended already: html_entities" in made.description.read_text()
    assert yaml.safe_load(made.description.read_text())["clean"] == []


@pytest.mark.parametrize("there", ["file", "folder"])
def test_nothing_is_overwritten(there, write_rows, tmp_path):
    write_rows([{"id": "a", "title": "A"}])
    out = tmp_path / "out"
    if there == "folder":
        out.mkdir()
    kept = out / "mine.txt" if there == "folder" else out
    kept.write_text("mine")
    with pytest.raises(DataError, match="is there already"):
        convert_data("d.yaml", out, Quiet())
    assert kept.read_text() == "mine"


def test_an_empty_folder_is_filled(write_rows, tmp_path):
    write_rows([{"id": "a", "title": "A"}])
    (tmp_path / "out").mkdir()
    assert convert_data("d.yaml", tmp_path / "out", Quiet()).samples == 1


def test_a_row_that_would_end_a_run_ends_this_too(write_rows, tmp_path):
    write_rows([{"id": "a", "title": "A"}])
    with (tmp_path / "d.jsonl").open("a") as file:
        file.write(json.dumps({"id": "a", "image": "0.png", "title": "B"}))
    with pytest.raises(DataError, match="the same id"):
        convert_data("d.yaml", tmp_path / "out", Quiet())
    assert not (tmp_path / "out").exists()


def test_half_a_dataset_leaves_nothing(write_rows, tmp_path):
    class Losing(Quiet):
        def stage(self, text):
            if text.startswith("writing"):
                (tmp_path / "images" / "1.png").unlink()

    write_rows([{"id": "a", "title": "A"}, {"id": "b", "title": "B"}])
    with pytest.raises(DataError, match=r"1\.png"):
        convert_data("d.yaml", tmp_path / "out", Losing())
    left = {path.name for path in tmp_path.iterdir()}
    assert left - {"results"} == {"d.yaml", "d.jsonl", "images"}


def test_a_place_that_cannot_be_written_is_said(write_rows, tmp_path):
    write_rows([{"id": "a", "title": "A"}])
    with pytest.raises(DataError, match="cannot be written"):
        convert_data("d.yaml", tmp_path / "d.jsonl" / "out", Quiet())


KILLED = """
import os, signal, sys
from pathlib import Path
from harness.pipeline.looking.data_convert import convert_data

class Killed:
    def stage(self, text):
        pass

    def so_far(self, text):
        if text == "2 images" and list(Path().glob(".out.*/images/*")):
            {end}

convert_data("d.yaml", Path("out"), Killed())
"""


def begun(tmp_path, end):
    """A process that converts until it has written two images, and then this."""
    code = KILLED.format(end=end)
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def test_what_a_killed_process_left_is_taken_away_by_the_next(write_rows, tmp_path):
    write_rows([{"id": f"d{n}", "title": f"Dish {n}"} for n in range(4)])
    others = [tmp_path / ".out.mine", tmp_path / ".out.5.txt", tmp_path / ".output.5"]
    for other in others:
        other.mkdir()
    others.append(tmp_path / ".out.999999998")
    others[-1].mkdir()
    (others[-1] / "mine.txt").touch()
    process = begun(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    process.communicate()
    left = tmp_path / f".out.{process.pid}"
    assert len(list((left / "images").iterdir())) == 2
    convert_data("d.yaml", tmp_path / "another", Quiet())
    assert left.is_dir()  # it is of another folder
    own = tmp_path / f".out.{os.getpid()}"  # of a process before that had our number
    own.mkdir()
    convert_data("d.yaml", tmp_path / "out", Quiet())
    assert not left.exists()
    assert not own.exists()
    assert all(other.is_dir() for other in others)


def test_what_a_process_that_lives_has_written_stays(write_rows, tmp_path):
    write_rows([{"id": f"d{n}", "title": f"Dish {n}"} for n in range(4)])
    process = begun(tmp_path, "print('here', flush=True), input()")
    process.stdout.readline()
    elsewhere = tmp_path / ".out.999999999"  # as of another machine, where that number runs
    elsewhere.mkdir()
    lock = os.open(elsewhere, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    remove_dead(tmp_path / "out")
    assert (tmp_path / f".out.{process.pid}").is_dir()
    assert elsewhere.is_dir()
    os.close(lock)
    remove_dead(tmp_path / "out")
    assert not elsewhere.exists()
    process.communicate(b"\n\n\n")
    assert process.returncode == 0
    assert (tmp_path / "out" / "d.yaml").is_file()


SEALED = "splits: {dev: 0.5, test: 0.5, sealed: [test]}"


def sides(path):
    """Give the samples of each split, in their order, by what a run on it reads."""
    config = load_dataset(path)
    return {
        split: said(load_samples(config, split=split).samples)
        for split in config.choosing.splits.shares
    }


@pytest.mark.parametrize(
    ("more", "changed"),
    [
        ("", {}),
        # What joined two units is not in the copy:
        ("where: {note: [kept]}", {}),
        ("", {"title": ""}),
        ("sample: {n: 5, seed: 1}", {}),
        ("limit: 4", {}),
    ],
)
def test_each_split_of_the_copy_has_the_samples_that_runs_on_it_use(
    more, changed, write_rows, tmp_path
):
    rows = [
        {
            "id": f"d{n}",
            "title": f"Dish {n}",
            "image": [f"{n}.png", f"{n + 1}.png"] if n % 4 < 3 else f"{n}.png",
            "note": "joins" if n % 4 in (1, 2) else "kept",
            "cook": f"c{n // 16}" if n % 16 in (0, 4) else None,
            "split": "in the way",
        }
        for n in range(80)
    ]
    rows = [row | (changed if row["note"] == "joins" else {}) for row in rows]
    write_rows(rows, f"{SEALED}\n{more}")
    (tmp_path / "d.yaml").write_text(
        (tmp_path / "d.yaml").read_text().replace("[note, id]", "[note, split]")
    )
    before = sides(tmp_path / "d.yaml")
    made = convert_data("d.yaml", tmp_path / "out", Quiet())
    assert sides(made.description) == before
    assert made.splits == {split: len(samples) for split, samples in before.items()}
    assert min(made.splits.values()) > 0
    assert load_dataset(made.description).choosing.splits.sealed == ("test",)


def test_rows_whose_image_is_in_an_earlier_split_do_not_come_back(write_rows, tmp_path):
    write_rows([{"id": f"d{n}", "title": f"Dish {n}"} for n in range(20)])
    for n in range(10, 20):  # the pictures of the first ten, under names of their own
        (tmp_path / "images" / f"{n}.png").write_bytes(
            (tmp_path / "images" / f"{n - 10}.png").read_bytes()
        )
    description = tmp_path / "d.yaml"
    text = f"{description.read_text()}{SEALED}\n"
    description.write_text(text)
    with pytest.raises(DataError, match="the same image as sample"):
        convert_data("d.yaml", tmp_path / "refused", Quiet())
    description.write_text(text.replace("clean: [", "clean: [image_across_splits, "))
    before = sides(description)
    made = convert_data("d.yaml", tmp_path / "out", Quiet())
    assert sides(made.description) == before
    assert made.left_out == 20 - made.samples > 0


def test_a_split_without_a_sample_is_none_and_all_others_are_written(write_rows, tmp_path):
    write_rows([{"id": "r0", "title": "A"}], SEALED)
    made = convert_data("d.yaml", tmp_path / "out", Quiet())
    assert made.splits == {"dev": 1}
