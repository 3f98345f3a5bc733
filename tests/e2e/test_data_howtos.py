"""The how-tos on data run as they are written."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

REPOSITORY = Path(__file__).parents[2]
SERVERS = [
    folder / ".venv-s3" / "bin" / "moto_server" for folder in (Path(sys.prefix).parent, REPOSITORY)
]
BLOCK = re.compile(r"(?:^`(\S+)`[^\n`]*:\n\n)?^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
"""The file that a line names which ends in a colon, kind and text: a text has no place for it."""


def commands(page, folder):
    """Write a page's files into a folder, and give its blocks of commands."""
    blocks = []
    for named, kind, text in BLOCK.findall((REPOSITORY / "docs" / "how-to" / page).read_text()):
        if kind == "bash":
            blocks.append(text)
        elif name := re.match(r"# (\S+)\n", f"# {named}\n{text}" if named else text):
            path = folder / name[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text if named else text.partition("\n")[2])
    return blocks


@pytest.fixture
def follow(tmp_path, harness):
    """Follow a page, and give what its commands said."""

    def _follow(page):
        said = []
        for line in "".join(commands(page, tmp_path)).splitlines():
            done = harness(*shlex.split(line)[1:], cwd=tmp_path)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            said.append(done.stdout)
        return said

    return _follow


def picture(path, colour):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 48), colour).save(path)


def test_coco_captions(follow, tmp_path):
    coco = tmp_path / "datasets" / "coco"
    numbers = [139, 285, 632]
    for number in numbers:
        picture(coco / "val2017" / f"{number:012}.jpg", (number % 256, 90, 60))
    (coco / "annotations").mkdir()
    (coco / "annotations" / "captions_val2017.json").write_text(
        json.dumps(
            {
                "images": [{"id": n, "file_name": f"{n:012}.jpg"} for n in [*numbers, 7]],
                "annotations": [
                    {"id": i, "image_id": n, "caption": f"Caption {i} of a room."}
                    for i, n in enumerate(numbers * 5)
                ],
            }
        )
    )
    check, run = follow("coco-captions.md")
    assert "nothing is wrong" in check
    assert "3 completions generated" in run


def photos(folder):
    picture(folder / "datasets" / "mine" / "photos" / "curry.jpg", "green")
    picture(folder / "datasets" / "mine" / "photos" / "salad.jpg", "red")
    picture(folder / "datasets" / "mine" / "photos" / "soup.jpg", "yellow")


def test_your_own_dataset(follow, tmp_path):
    photos(tmp_path)
    data, check, run = follow("your-own-dataset.md")
    for said in ("missing_reference", "missing_image", "line 4", "line 5"):
        assert said in data
    assert "nothing is wrong" in check
    assert "2 completions generated" in run


@pytest.mark.skipif(not any(path.exists() for path in SERVERS), reason="make buckets installs it")
def test_buckets(tmp_path):
    photos(tmp_path)
    commands("your-own-dataset.md", tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    server = next(path for path in SERVERS if path.exists())
    (tmp_path / "s3").symlink_to(server.parents[1])
    script = "".join(commands("buckets.md", tmp_path)).replace("5055", port)
    lines = [line for line in script.splitlines() if "-m venv" not in line and "pip" not in line]
    assert len(lines) == len(script.splitlines()) - 2
    lines = [
        "while ! (echo > /dev/tcp/127.0.0.1/$PORT); do sleep 0.2; done"
        if line == "sleep 5"
        else line
        for line in lines
    ]
    done = subprocess.run(
        ["bash", "-emc", "\n".join(lines)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={
            **os.environ,
            "PORT": port,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        },
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 completions generated" in done.stdout
