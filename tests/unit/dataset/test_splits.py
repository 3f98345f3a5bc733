"""In which split a sample is: by its id or cluster, stable, and never on both sides."""

import json
import random

import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from harness.config.load import load_dataset
from harness.dataset.choosing_rows import chosen_text
from harness.dataset.samples import load_samples
from harness.dataset.splits import followed
from harness.errors import ConfigErrors, DataError

HALVES = "splits: {dev: 0.5, test: 0.5, sealed: [test]}"


@pytest.fixture
def dataset(tmp_path, write):
    """A dataset of rows with names of images, whose files are there where a test makes them."""

    def _dataset(rows, splits=HALVES, more="", clean="[missing_reference]"):
        (tmp_path / "d.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        path = write(
            tmp_path / "d.yaml",
            f"""
            source: {{format: jsonl, path: d.jsonl}}
            columns: {{id: id, image: image, references: [title], cluster: cook}}
            images: {{root: images}}
            clean: {clean}
            {splits}
            {more}
            """,
        )
        return load_dataset(path)

    return _dataset


def rows(count, **more):
    return [
        {"id": f"r{i}", "image": f"{i}.png", "title": "x", "cook": None, **more}
        for i in range(count)
    ]


def ids(config, split=None, **options):
    loaded = load_samples(config, split=split, images=False, **options)
    return [sample.id for sample in loaded.samples]


def sides(config, *splits):
    """Give the split of each sample."""
    return {name: split for split in splits or ("dev", "test") for name in ids(config, split)}


def test_each_sample_is_in_one_split_and_runs_use_the_first(dataset):
    config = dataset(rows(1000))
    dev, test = ids(config, "dev"), ids(config, "test")
    assert sorted([*dev, *test]) == sorted(row["id"] for row in rows(1000))
    assert 440 < len(dev) < 560  # 500 ± 4 standard deviations
    assert ids(config) == dev
    loaded = load_samples(config, split="test", images=False)
    assert loaded.split == "test"
    assert chosen_text(loaded.chosen) == f"chosen: {len(test)} of 1,000 by split (test)"


def test_rows_that_are_added_or_moved_or_other_seeds_of_samples_leave_splits_as_they_are(dataset):
    before = sides(dataset(rows(200)))
    many = rows(400)
    random.Random(0).shuffle(many)
    assert before.items() <= sides(dataset(many)).items()
    drawn = ids(dataset(rows(200), more="sample: {n: 50, seed: 3}"), "test")
    assert len(drawn) == 50
    assert all(before[name] == "test" for name in drawn)


def test_the_split_of_an_id_is_the_same_on_every_machine(dataset):
    # Written down 2026-11-26: runs that are there must stay on their side.
    assert ids(dataset(rows(20)), "dev") == [
        "r0", "r2", "r3", "r4", "r7", "r8", "r11", "r13", "r16", "r17", "r18", "r19",
    ]  # fmt: skip


def test_samples_of_a_cluster_are_on_one_side(dataset):
    some = [{**row, "cook": f"c{i // 5}"} for i, row in enumerate(rows(200))]
    found = sides(dataset(some))
    for i in range(0, 200, 5):
        assert len({found[f"r{j}"] for j in range(i, i + 5)}) == 1
    assert set(found.values()) == {"dev", "test"}
    alone = ids(dataset([{**row, "cook": "c0"} for row in rows(1)]), found["r0"])
    assert alone == ["r0"]


def test_samples_that_share_an_image_are_on_one_side_and_it_is_said(dataset):
    some = [{**row, "image": f"{i // 4}.png"} for i, row in enumerate(rows(200))]
    found = sides(dataset(some))
    for i in range(0, 200, 4):
        assert len({found[f"r{j}"] for j in range(i, i + 4)}) == 1
    alone = sides(dataset(rows(200)))
    assert all(found[f"r{i}"] == alone[f"r{i}"] for i in range(0, 200, 4))  # the first leads
    moved = sum(found[name] != alone[name] for name in found)
    assert moved > 20
    [note] = load_samples(dataset(some), images=False).notes
    assert note == f"splits: {moved} units follow another into its split, for they share an image"
    added = [
        *some,
        *({**row, "id": f"n{i}", "image": f"{i}.png"} for i, row in enumerate(rows(50))),
    ]
    assert found.items() <= sides(dataset(added)).items()


def test_an_image_is_known_by_its_place_however_it_is_spelled(dataset):
    two = rows(30)
    for i in range(0, 30, 2):
        two[i + 1]["image"] = f"./x/../{i}.png"
    found = sides(dataset(two))
    assert all(found[f"r{i}"] == found[f"r{i + 1}"] for i in range(0, 30, 2))


def test_clusters_that_share_an_image_are_joined_through_each_other(dataset):
    chain = [
        {"id": f"r{i}", "image": [f"{i}.png", f"{i + 1}.png"], "title": "x", "cook": f"c{i}"}
        for i in range(40)
    ]
    with pytest.raises(DataError, match="no usable sample"):  # all of them are on the other side
        sides(dataset(chain))


def test_what_follows_what():
    shown = [(5, 1), (6, 2), (7, 3), (6, 1), (8, 9), (7, 4), (9, 4), (9, 4)]
    assert followed(shown) == {5: 5, 6: 5, 7: 7, 9: 7}
    assert followed([(2, 1), (1, 1), (3, 2), (1, 2)]) == {2: 2, 1: 2, 3: 2}
    assert followed([]) == followed([(1, 1), (2, 2)]) == {}


def test_a_third_split_and_uneven_shares(dataset):
    config = dataset(rows(2000), splits="splits: {dev: 0.6, shots: 0.1, test: 0.3}")
    counts = [len(ids(config, split)) for split in ("dev", "shots", "test")]
    assert sum(counts) == 2000
    assert [round(count / 2000, 1) for count in counts] == [0.6, 0.1, 0.3]


@pytest.mark.parametrize(
    ("splits", "problem"),
    [
        ("splits: {dev: 0.5, test: 0.4}", r"d\.yaml:5: the shares of 'splits' add up to 0.9, not"),
        ("splits: {dev: 1}", "fewer than two splits"),
        ("splits: {dev: 0, test: 1}", "'splits.dev' is 0, not a share above 0"),
        ("splits: {dev: -1, test: 2}", "not a share above 0"),
        ("splits: {dev: half, test: 0.5}", "splits.dev"),
        ("splits: {dev: 0.5, test: 0.5, sealed: [tset]}", r"no split\n.*did you mean 'test'"),
        ("splits: {test: 0.5, dev: 0.5, sealed: [test]}", "sealed and stands first"),
        ("splits: {dev: 0.5, Dev: 0.5}", "differ in capitals"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(dataset, splits, problem):
    with pytest.raises(ConfigErrors, match=f"(?s){problem}"):
        dataset(rows(4), splits)


def test_thirds_make_a_whole(dataset):
    third = 1 / 3
    config = dataset(rows(300), f"splits: {{a: {third}, b: {third}, c: {third}}}")
    assert len(sides(config, "a", "b", "c")) == 300


def test_a_split_that_is_not_there_is_refused(dataset):
    with pytest.raises(DataError, match="has no split 'tset'") as raised:
        ids(dataset(rows(4)), "tset")
    assert raised.value.hint == "did you mean 'test'?"
    with pytest.raises(DataError, match="has no splits, and 'test' is asked for") as raised:
        ids(dataset(rows(4), splits=""), "test")
    assert "splits: {dev: 0.5" in raised.value.hint


def test_where_comes_before_the_split_and_changes_no_side(dataset, tmp_path, write):
    config = dataset(rows(100))
    found = sides(config)
    text = (tmp_path / "d.yaml").read_text().replace("cluster: cook", "metadata: [n]")
    some = [{**row, "n": i} for i, row in enumerate(rows(100))]
    (tmp_path / "d.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in some))
    (tmp_path / "d.yaml").write_text(text + "where: {n: {max: 49}}\n")
    config = load_dataset(tmp_path / "d.yaml")
    assert ids(config, "dev") == [n for n in found if found[n] == "dev" and int(n[1:]) < 50]
    loaded = load_samples(config, images=False)
    assert [step.step for step in loaded.chosen] == ["where", "split"]
    assert (loaded.chosen[0].kept, loaded.chosen[0].of) == (50, 100)


def picture(path, colour):
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (8, 6), colour).save(path)


@pytest.fixture
def twins(tmp_path):
    """Thirty pictures, of which some of test are copies of one of dev under another name."""
    some = rows(30)
    for i in range(30):
        picture(tmp_path / "images" / f"{i}.png", (i, 0, 0))
    for i in (1, 5):  # both in test, as above
        picture(tmp_path / "images" / f"{i}.png", (0, 0, 0))  # that of r0, in dev
    return some


def test_a_copy_of_a_picture_of_dev_is_a_fault_in_test(dataset, twins):
    with pytest.raises(DataError, match=r"'r1': the same image as sample 'r0' of the split 'dev'"):
        load_samples(dataset(twins), split="test")
    config = dataset(twins, clean="[image_across_splits]")
    test = load_samples(config, split="test")
    assert [(row.id, row.reason) for row in test.dropped] == [
        ("r1", "image_across_splits"),
        ("r5", "image_across_splits"),
    ]
    assert "r0" in {sample.id for sample in load_samples(config).samples}  # dev keeps what it has
    without = load_samples(config, split="test", images=False)
    assert without.dropped == test.dropped


def test_a_picture_in_two_cells_of_a_table_is_one_picture(tmp_path, write, twins):
    table = {key: [row[key] for row in twins] for key in ("id", "title")}
    table["image"] = [(tmp_path / "images" / row["image"]).read_bytes() for row in twins]
    parquet.write_table(pa.table(table), tmp_path / "d.parquet")
    path = write(
        tmp_path / "d.yaml",
        f"""
        source: {{format: parquet, path: d.parquet}}
        columns: {{id: id, image: image, references: [title]}}
        {HALVES}
        """,
    )
    with pytest.raises(DataError, match=r"'r1': the same image as sample 'r0' of the split 'dev'"):
        load_samples(load_dataset(path), split="test")
    path.write_text(path.read_text() + "clean: [image_across_splits]\n")
    test = load_samples(load_dataset(path), split="test")
    assert [row.id for row in test.dropped] == ["r1", "r5"]
    assert len(load_samples(load_dataset(path)).dropped) == 0


def test_copies_within_a_split_are_no_fault(dataset, twins, tmp_path):
    picture(tmp_path / "images" / "1.png", (1, 0, 0))
    picture(tmp_path / "images" / "5.png", (1, 0, 0))
    assert load_samples(dataset(twins), split="test").dropped == ()


def test_what_is_sealed_is_no_exemplar(dataset):
    config = dataset(rows(20))
    test = ids(config, "test")[0]
    with pytest.raises(DataError, match=f"has '{test}' in the sealed split 'test'"):
        ids(config, ids=["r0", test], unsealed=True)
    assert ids(config, ids=["r0", "r2"], unsealed=True) == ["r0", "r2"]
    assert ids(config, ids=[test]) == [test]


def test_a_row_without_an_id_is_told_whatever_the_split(dataset):
    some = [*rows(10), {**rows(1)[0], "id": ""}]
    for split in ("dev", "test"):
        with pytest.raises(DataError, match=r"d\.jsonl:11: no id"):
            ids(dataset(some), split)


NAMED = "splits: {dev: 0.5, test: 0.5, sealed: [test], column: side}"


def test_a_column_says_in_which_split_a_row_is_whatever_it_shares(dataset):
    some = [{**row, "side": "test" if i % 3 else "dev"} for i, row in enumerate(rows(30))]
    config = dataset([{**row, "cook": "one"} for row in some], NAMED)
    assert sides(config) == {row["id"]: row["side"] for row in some}
    assert load_samples(config, images=False).notes == ()


@pytest.mark.parametrize("side", [None, "", "Test", 1])
def test_a_row_that_names_no_split_has_a_fault(side, dataset):
    some = [*({**row, "side": "dev"} for row in rows(3)), {**rows(4)[3], "side": side}]
    with pytest.raises(DataError, match=r"'side' says .*, which is no split"):
        ids(dataset(some, NAMED))
    assert ids(dataset(some, NAMED, clean="[bad_cell]")) == ["r0", "r1", "r2"]


def test_a_column_of_splits_that_is_not_there_is_told_with_its_line(dataset, tmp_path):
    config = dataset([{**row, "sides": "dev"} for row in rows(3)], NAMED)
    with pytest.raises(DataError, match="has no column 'side'") as caught:
        ids(config)
    assert caught.value.hint.startswith("did you mean 'sides'?")
    line = caught.value.where.line
    assert "column: side" in (tmp_path / "d.yaml").read_text().splitlines()[line - 1]
