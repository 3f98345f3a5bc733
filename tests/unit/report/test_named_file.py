"""A file that a user names is written over only where it is an earlier one of its kind."""

import os

import pytest

from harness.errors import HarnessError
from harness.report.named_file import refuse_other, write_named


def test_an_earlier_one_is_written_over_and_so_is_what_is_empty(tmp_path):
    path = tmp_path / "out.csv"
    path.touch()
    for text in ("id,why\na,x\n", "id,why\nb,y\n", "id,why\n"):
        write_named(path, text, "id,why\n")
        assert path.read_text() == text
    path.write_bytes(b"\xef\xbb\xbfid,why\r\na,saved by a spreadsheet\r\n")
    write_named(path, "id,why\n", "id,why\n")


@pytest.mark.parametrize(
    "content", [b"id,title\n1,Soup\n", b"\x89PNG\r\n\x1a\n", b"x" * 10_000 + b"id,why\n", b" "]
)
@pytest.mark.parametrize("linked", [False, True])
def test_nothing_else_is(content, linked, tmp_path):
    path = kept = tmp_path / "out.csv"
    kept.write_bytes(content)
    if linked:
        path = tmp_path / "link.csv"
        path.symlink_to(kept)
    with pytest.raises(HarnessError, match="it is not written over") as caught:
        write_named(path, "id,why\n", "id,why\n")
    assert str(path) in caught.value.message
    assert kept.read_bytes() == content


def test_a_pipe_and_a_device_are_written_to(tmp_path):
    write_named(tmp_path / os.devnull, "id,why\n", "id,why\n")
    os.mkfifo(tmp_path / "pipe")
    refuse_other(tmp_path / "pipe", "id,why\n")  # which would wait, if it read it


def test_what_cannot_be_written_is_said(tmp_path):
    for path in (tmp_path, tmp_path / "no" / "such" / "out.csv"):
        with pytest.raises(HarnessError, match="cannot be written"):
            write_named(path, "id,why\n", "id,why\n")
