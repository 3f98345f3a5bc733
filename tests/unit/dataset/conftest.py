"""A small dataset on disk, made of the text of its rows and of its description."""

import pytest
from PIL import Image

from harness.config.load import load_dataset


@pytest.fixture
def pictures(tmp_path):
    """A folder with a red, a blue and a second red picture, and a file that is none."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name, colour in (("red", "red"), ("blue", "blue"), ("red again", "red")):
        Image.new("RGB", (8, 6), colour).save(folder / f"{name}.png")
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture
def make(tmp_path, pictures, write):
    """A CSV dataset of these pictures, from its lines."""

    def _make(rows, clean="[missing_reference, missing_image, unreadable_image]"):
        (tmp_path / "d.csv").write_text("id,image,title,note\n" + rows, encoding="utf-8")
        path = write(
            tmp_path / "d.yaml",
            f"""
            source: {{format: csv, path: d.csv}}
            columns: {{id: id, image: image, references: [title], metadata: [note]}}
            images: {{root: images, suffix: .png}}
            clean: {clean}
            """,
        )
        return load_dataset(path)

    return _make


@pytest.fixture
def describe(tmp_path, write):
    """A dataset of a file that is there, without pictures: ids, titles, and what else is said."""

    def _describe(name, columns="references: [title]", source="", clean=None):
        kind = name.rpartition(".")[2]
        path = write(
            tmp_path / "d.yaml",
            f"""
            source: {{format: {kind}, path: {name}{source and ", " + source}}}
            columns: {{id: id, image: image, {columns}}}
            {f"clean: {clean}" if clean else "description: ''"}
            """,
        )
        return load_dataset(path)

    return _describe
