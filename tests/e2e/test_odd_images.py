"""A dataset with images of every kind of trouble: the run goes on, and says what was left out."""

import io
import json
import struct
import zlib

import numpy as np
from PIL import Image


def png_with(kind, content):
    """A PNG of one grey pixel, with a chunk of one's own."""

    def chunk(kind, content):
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + chunk(kind, content) + pixels


def photo():
    buffer = io.BytesIO()
    Image.effect_noise((200, 200), 80).save(buffer, "JPEG")
    return buffer.getvalue()


BOMB = zlib.compress(bytes(20_000_000))
TROUBLE = {
    "text bomb": png_with(b"zTXt", b"note\0\0" + BOMB),
    "profile bomb": png_with(b"iCCP", b"name\0\0" + BOMB),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
    "xbm": b"#define x_width 9999999999999999999\n#define x_height 1\n",
    "netpbm": b"P6 99999999999999999999 1 255\n",
    "sgi": struct.pack(">hBBHHHH", 474, 1, 1, 3, 9, 9, 9) + bytes(500),
    "avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(8),
    "blp": b"BLP2" + bytes(64),
    "wmf": b"\xd7\xcd\xc6\x9a\0\0" + struct.pack("<hhhhH", 0, 0, 9, 9, 0) + bytes(20),
    "cut photo": photo()[:5000],
    "empty": b"",
}


def test_odd_images_are_left_out_one_by_one(project, harness):
    # Found 2026-11-25: each of the first nine ended the run with a trace, or started Ghostscript.
    folder = project / "datasets" / "dishes"
    deep = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1024
    Image.fromarray(deep).save(folder / "images" / "deep.png")
    rows = [{"id": "deep", "image": "deep.png", "title": "Noodles", "n": 9}]
    for name, content in TROUBLE.items():
        (folder / "images" / f"{name}.png").write_bytes(content)
        rows.append({"id": name, "image": f"{name}.png", "title": "Noodles", "n": 9})
    with (folder / "samples.jsonl").open("a") as samples:
        samples.writelines(f"{json.dumps(row)}\n" for row in rows)
    run = harness("run", "prompts/titles", "--out", "r", cwd=project)
    assert run.returncode == 0, run.stderr
    assert "Traceback" not in run.stderr
    [record] = (project / "r").glob("titles/*/run.json")
    dropped = json.loads(record.read_text())["dataset"]["dropped"]
    assert {row["id"]: row["reason"] for row in dropped} == dict.fromkeys(
        TROUBLE, "unreadable_image"
    )
    samples = (record.parent / "samples.jsonl").read_text().splitlines()
    media = {line["id"]: line["media"][0] for line in map(json.loads, samples)}
    assert media.keys() == {"s1", "s2", "s3", "s4", "deep"}
    assert (media["deep"]["pixels"], media["s1"]["pixels"]) == (2, 1)
    assert media["deep"]["place"] == {
        "type": "file",
        "path": str((folder / "images" / "deep.png").relative_to(project)),
    }
