"""The how-tos on data run as they are written."""

import json
import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

REPOSITORY = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def follow(tmp_path, harness):
    """Write a page's files into a folder, call its commands there, and give what they said."""

    def _follow(page):
        said = []
        for kind, text in BLOCK.findall((REPOSITORY / "docs" / "how-to" / page).read_text()):
            if kind == "bash":
                for line in text.splitlines():
                    done = harness(*shlex.split(line)[1:], cwd=tmp_path)
                    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
                    said.append(done.stdout)
            elif name := re.match(r"# (\S+)\n", text):
                path = tmp_path / name[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text.partition("\n")[2])
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
