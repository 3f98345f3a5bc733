"""Pictures that stand in the cells of a table: found there, and read when they are asked for."""

import pyarrow as pa
import pytest
from pyarrow import parquet

from harness.config.load import load_dataset
from harness.dataset.samples import load_samples
from harness.dataset.sources.table import TableFile, Unreadable, read_rows
from harness.errors import DataError
from harness.fingerprint import sha256_file
from harness.media import open as open_media
from harness.records import CellPlace


@pytest.fixture
def bytes_of(pictures):
    return {path.stem: path.read_bytes() for path in pictures.iterdir()}


@pytest.fixture
def table(tmp_path, write):
    """A Parquet dataset with these image columns, two rows to a row group."""

    def _table(columns, image="image", metadata="[]"):
        rows = len(next(iter(columns.values())))
        ids = [f"{i:03}" for i in range(1, rows + 1)]
        titles = ["NA", "None", "true", "1984", "Soup"][:rows]
        data = pa.table({"id": ids, "title": titles} | columns)
        parquet.write_table(data, tmp_path / "d.parquet", row_group_size=2)
        path = write(
            tmp_path / "d.yaml",
            f"""
            source: {{format: parquet, path: d.parquet}}
            columns: {{id: id, image: {image}, references: [title], metadata: {metadata}}}
            images: {{root: images, suffix: .png}}
            """,
        )
        return load_dataset(path)

    return _table


def record(content, path=None):
    return {"bytes": content, "path": path}


def test_a_column_of_bytes_or_of_records_is_a_column_of_pictures(table, bytes_of, pictures):
    red, blue = bytes_of["red"], bytes_of["blue"]
    for column in ([red, blue, red], [record(red), record(blue, "x.png"), record(red)]):
        samples = load_samples(table({"image": column})).samples
        assert [(s.id, s.references[0]) for s in samples] == [
            ("001", "NA"),
            ("002", "None"),
            ("003", "true"),
        ]
        assert [s.media[0].sha256 for s in samples] == [
            sha256_file(pictures / f"{name}.png") for name in ("red", "blue", "red")
        ]
        assert open_media(samples[1].media[0]) == blue
        assert [s.media[0].place.row for s in samples] == [0, 1, 2]


def test_a_sample_has_all_pictures_of_its_columns_and_lists_in_order(table, bytes_of):
    red, blue = bytes_of["red"], bytes_of["blue"]
    lists = [[record(red), record(blue)], [record(blue)], []]
    [one, two] = load_samples(
        table({"first": [blue, red, None], "lists": lists}, image="[first, lists]")
    ).samples
    assert [open_media(ref) for ref in one.media] == [blue, red, blue]
    assert [open_media(ref) for ref in two.media] == [red, blue]
    assert [ref.place.item for ref in one.media] == [None, 0, 1]


def test_a_cell_without_a_picture_costs_its_row(table, bytes_of):
    cells = [record(bytes_of["red"]), None, record(None, "x"), record(b"no picture"), record(b"")]
    loaded = load_samples(table({"image": cells}))
    assert [s.id for s in loaded.samples] == ["001"]
    assert [(row.id, row.row, row.reason) for row in loaded.dropped] == [
        ("002", 2, "missing_image"),
        ("003", 3, "missing_image"),
        ("004", 4, "unreadable_image"),
        ("005", 5, "unreadable_image"),
    ]
    assert "d.parquet: image, row 4 " in loaded.dropped[2].detail


def test_records_that_hold_paths_alone_name_files(table, tmp_path, pictures):
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    cells = pa.array([record(None, "red"), record(None, "../d"), None], kind)
    loaded = load_samples(table({"image": cells}))
    assert [s.media[0].path for s in loaded.samples] == [pictures / "red.png"]
    assert [row.reason for row in loaded.dropped] == ["image_outside", "missing_image"]


def test_other_columns_are_read_without_the_pictures(table, tmp_path, bytes_of):
    cells = [record(bytes_of["red"] * 50, "x"), record(bytes_of["blue"] * 50, "x")]
    table({"image": cells, "plain": [cell["bytes"] for cell in cells]})
    path = tmp_path / "d.parquet"
    content = bytearray(path.read_bytes())
    group = parquet.read_metadata(path).row_group(0)
    for chunk in map(group.column, range(group.num_columns)):
        if chunk.path_in_schema in ("image.bytes", "plain"):
            begin = chunk.dictionary_page_offset or chunk.data_page_offset
            content[begin : begin + chunk.total_compressed_size] = bytes(
                chunk.total_compressed_size
            )
    path.write_bytes(content)
    file = TableFile(path=path, format="parquet")
    rows = list(read_rows(file, ["id", "title"], ["image", "plain"]))
    assert [row.cells["id"] for row in rows] == ["001", "002"]
    assert rows[1].cells["plain"] == CellPlace(table=str(path), column="plain", row=1)
    assert rows[1].cells["image"] == CellPlace(table=str(path), column="image", row=1)


def test_a_table_of_pictures_alone_has_rows(tmp_path, bytes_of):
    parquet.write_table(pa.table({"image": [bytes_of["red"]] * 3}), tmp_path / "d.parquet")
    rows = list(read_rows(TableFile(path=tmp_path / "d.parquet", format="parquet"), ["image"]))
    assert [row.cells["image"].row for row in rows] == [0, 1, 2]


def test_a_picture_is_no_text_and_no_metadata(table, bytes_of):
    red = bytes_of["red"]
    config = table({"image": [red]}, metadata="[image]")
    with pytest.raises(DataError, match=r"row 1: .*'image' holds a picture, which metadata cannot"):
        load_samples(config)
    config = table({"title": [red]}, image="title")
    with pytest.raises(DataError, match="'title' holds a picture where text is meant"):
        load_samples(config)


def test_bytes_in_a_bare_list_are_told(tmp_path, bytes_of):
    parquet.write_table(pa.table({"image": [[bytes_of["red"]]]}), tmp_path / "d.parquet")
    [row] = read_rows(TableFile(path=tmp_path / "d.parquet", format="parquet"), ["image"])
    assert row.cells["image"] == Unreadable("a list of bytes without records around them")


def test_without_images_those_of_a_table_are_there_all_the_same(table, bytes_of):
    config = table({"image": [bytes_of["red"], None]})
    loaded = load_samples(config, images=False)
    assert [len(s.media) for s in loaded.samples] == [1, 0]
    assert len({s.places for s in loaded.samples}) == 2


def test_a_picture_of_dev_is_a_fault_in_test_in_cells_too(table, bytes_of, tmp_path):
    cells = [bytes_of["red"], bytes_of["blue"]] * 2 + [bytes_of["red"]]
    table({"image": cells})
    text = (tmp_path / "d.yaml").read_text()
    (tmp_path / "d.yaml").write_text(f"{text}splits: {{dev: 0.5, test: 0.5}}\nclean: []\n")
    config = load_dataset(tmp_path / "d.yaml")
    dev = [s.media[0].sha256 for s in load_samples(config).samples]
    assert 0 < len(dev) < 5
    with pytest.raises(DataError, match=r"the same image as sample '00\d' of the split 'dev'"):
        load_samples(config, split="test")
