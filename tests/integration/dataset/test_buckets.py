"""Images and a table in a bucket of an S3 server on the loopback."""

import io
import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from pyarrow import fs

REPOSITORY = Path(__file__).parents[3]
SERVERS = [Path(sys.prefix).parent / ".venv-s3", REPOSITORY / ".venv-s3"]
MOTO = next((path for v in SERVERS if (path := v / "bin" / "moto_server").exists()), None)
KEY, SECRET = "AKIDTHATNOBODYHAS", "a-secret-that-is-shown-nowhere"

pytestmark = pytest.mark.skipif(MOTO is None, reason="make buckets installs an S3 server")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("moto") / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [str(MOTO), "-H", "127.0.0.1", "-p", str(port)], stdout=output, stderr=output
        )
    try:
        for _ in range(600):
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def bucket(endpoint, monkeypatch, tmp_path):
    """A bucket of this test's own, with what is put into it."""
    for name, value in (
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ):
        monkeypatch.setenv(name, value)
    name = f"dishes-{tmp_path.name[-40:].replace('_', '-').strip('-').lower()}"
    files, _ = fs.FileSystem.from_uri(f"s3://{name}?allow_bucket_creation=true")
    files.create_dir(name)

    def _put(key, content):
        with files.open_output_stream(f"{name}/{key}") as file:
            file.write(content)

    _put.name = name
    return _put


def picture(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def dishes(project, bucket, write):
    """The project's dataset, its table and pictures in the bucket."""
    images = project / "datasets" / "dishes" / "images"
    rows = ["id,image,title"]
    for path in sorted(images.iterdir()):
        bucket(f"photos/{path.name}", path.read_bytes())
        rows.append(f"{path.stem},{path.name},Title {path.stem}")
        path.unlink()
    rows += ["007,a b?#%.png,NA", "x,none.png,x", "y,../rows.csv,x", "z,broken.png,x"]
    bucket("photos/a b?#%.png", picture("red"))
    bucket("photos/broken.png", b"no picture")
    bucket("rows.csv", "\n".join(rows).encode())
    write(
        project / "datasets" / "dishes.yaml",
        f"""
        source: {{format: csv, path: s3://{bucket.name}/rows.csv}}
        columns: {{id: id, image: image, references: [title]}}
        images: {{root: s3://{bucket.name}/photos}}
        """,
    )
    return project


def test_a_bucket_is_checked_run_and_shown(dishes, harness, bucket):
    check = harness("check", "prompts/titles", "--data", cwd=dishes)
    assert check.returncode == 0, check.stdout + check.stderr
    run = harness("run", "prompts/titles", "--json", cwd=dishes)
    assert run.returncode == 0, run.stderr
    summary = json.loads(run.stdout)
    folder = dishes / summary["folder"]
    samples = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    assert [s["id"] for s in samples] == ["s1", "s2", "s3", "s4", "007"]
    assert samples[4]["references"] == ["NA"]
    assert samples[4]["media"][0]["place"] == {
        "type": "url",
        "url": f"s3://{bucket.name}/photos/a b?#%.png",
    }
    record = json.loads((folder / "run.json").read_text())
    assert [(row["id"], row["reason"]) for row in record["dataset"]["dropped"]] == [
        ("x", "missing_image"),
        ("y", "image_outside"),
        ("z", "unreadable_image"),
    ]
    assert len(list((folder / "report_files" / "thumbs").iterdir())) == 5
    for path in [*folder.rglob("*"), *(dishes / "results").glob("*.sqlite")]:
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path
    again = harness("run", "prompts/titles", "--json", cwd=dishes)
    assert json.loads(again.stdout)["generated"] == 0


def test_what_is_wrong_with_a_bucket_is_told_without_the_key(dishes, harness, monkeypatch, bucket):
    text = (dishes / "datasets" / "dishes.yaml").read_text()
    (dishes / "datasets" / "dishes.yaml").write_text(text.replace("rows.csv", "row.csv"))
    run = harness("run", "prompts/titles", cwd=dishes)
    assert run.returncode == 1
    place = "datasets/dishes.yaml:1: no such file: s3://"
    assert f"{place}{bucket.name}/row.csv" in run.stderr.replace(str(dishes), "").lstrip("/")
    (dishes / "datasets" / "dishes.yaml").write_text(text)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    run = harness("run", "prompts/titles", cwd=dishes)
    assert run.returncode == 1
    assert "cannot be read: s3://" in run.stderr
    assert "Traceback" not in run.stderr
    assert SECRET not in run.stderr + run.stdout
