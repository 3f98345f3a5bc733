"""A dataset on the Hub is known by its commit: fetched once, read from the cache, never another."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features, Value
from datasets import Image as ImageFeature
from PIL import Image

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parents[1] / "engines"))

from local_hub import LocalHub, serving

NAME = "owner/Dishes"
FIRST, SECOND = "a" * 40, "b" * 40
NOWHERE = "http://127.0.0.1:9"  # the port of 'discard', where nobody listens
CARD = """---
configs:
- config_name: default
  data_files: [{split: validation, path: data/validation-*}, {split: train, path: data/train-*}]
- config_name: long
  data_files: [{split: validation, path: long/*}]
---
"""
LOAD = """
import json, sys
from pathlib import Path
from harness.config.load import load_dataset
from harness.dataset.samples import load_samples
from harness.errors import HarnessError
from harness.media import open as open_media
for path in sys.argv[1:]:
    try:
        loaded = load_samples(load_dataset(Path(path)))
        print(json.dumps([
            [s.id, s.references, dict(s.metadata), [open_media(ref).hex()[:16] for ref in s.media],
             [ref.place.type for ref in s.media]]
            for s in loaded.samples
        ]))
    except HarnessError as error:
        print(json.dumps(str(error)))
"""
COLUMNS = "columns: {id: id, image: image, references: [title], metadata: [cuisine]}"
PNG = b"\x89PNG\r\n\x1a\n".hex()


def picture(colour="red"):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(buffer, "PNG")
    return buffer.getvalue()


def write_parquet(path, ids):
    features = Features(
        {
            "id": Value("string"),
            "image": ImageFeature(),
            "title": Value("string"),
            "cuisine": ClassLabel(names=["thai", "indian"]),
        }
    )
    rows = {
        "id": ids,
        "image": [{"bytes": picture(), "path": None}] * len(ids),
        "title": [f"Title {name}" for name in ids],
        "cuisine": [1] * len(ids),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    Dataset.from_dict(rows, features=features).to_parquet(str(path))


@pytest.fixture
def hub(tmp_path):
    folder = tmp_path / "repository"
    write_parquet(folder / "data" / "validation-0.parquet", ["007", "NA"])
    write_parquet(folder / "data" / "train-0.parquet", ["t"])
    write_parquet(folder / "long" / "all.parquet", ["long"])
    (folder / "README.md").write_text(CARD)
    with serving(LocalHub(NAME, folder, {"main": FIRST}, "datasets")) as running:
        yield running


@pytest.fixture
def load(tmp_path, write):
    """What is read of datasets in a process of its own, with the cache of this test."""

    def _load(url, *asked, **env):
        paths = []
        for i, given in enumerate(asked):
            each = {"path": NAME, "revision": FIRST, "split": "validation"} | given
            source = ", ".join(f"{key}: {value}" for key, value in each.items() if value)
            text = f"source: {{format: hf, {source}}}\n{COLUMNS}\n"
            paths.append(str(write(tmp_path / f"d{i}.yaml", text)))
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        own = {"HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": url, "HF_HUB_DISABLE_XET": "1"}
        done = subprocess.run(
            [sys.executable, "-c", LOAD, *paths],
            capture_output=True,
            check=False,
            env={**kept, **own, **env},
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines() if line[0] in '["']

    return _load


VALIDATION = [
    ["007", ["Title 007"], {"cuisine": "indian"}, [PNG], ["cell"]],
    ["NA", ["Title NA"], {"cuisine": "indian"}, [PNG], ["cell"]],
]


def test_it_is_fetched_once_and_then_read_without_the_hub(hub, load):
    assert load(hub.url, {}) == [VALIDATION]
    before = len(hub.asked)
    assert load(hub.url, {}) == [VALIDATION]
    assert len(hub.asked) == before
    assert load(NOWHERE, {}, HF_HUB_OFFLINE="1") == [VALIDATION]


def test_what_the_cache_has_of_another_commit_is_not_taken(hub, load):
    load(hub.url, {})
    write_parquet(hub.folder / "data" / "validation-0.parquet", ["new"])
    hub.refs["main"] = SECOND
    [said] = load(hub.url, {"revision": SECOND}, HF_HUB_OFFLINE="1")
    assert f"no dataset '{NAME}' ({SECOND}): the cache " in said
    assert "has none of this commit, and the Hub cannot be reached" in said
    [[new], old] = load(hub.url, {"revision": SECOND}, {})
    assert new[0] == "new"
    assert old == VALIDATION


def test_a_configuration_and_a_split_are_named(hub, load):
    load(hub.url, {"config": "long"})
    [said] = load(NOWHERE, {}, HF_HUB_OFFLINE="1")  # which is not the one that the cache has
    assert "has none of this commit, and the Hub cannot be reached" in said
    [long], [train], unknown, unsaid, short = load(
        hub.url,
        {"config": "long"},
        {"split": "train"},
        {"split": "test"},
        {"split": "", "config": "default"},
        {"config": "short"},
    )
    assert (long[0], train[0]) == ("long", "t")
    assert "has no split 'test'\n  hint: known: validation, train" in unknown
    assert "its split must be said\n  hint: split: validation or train" in unsaid
    assert "BuilderConfig 'short' not found" in short


def test_a_branch_is_refused_with_the_commit_that_it_stands_at(hub, load):
    said, other = load(hub.url, {"revision": "main"}, {"path": "owner/other"})
    assert "revision 'main' is no commit (40 hexadecimal digits): what it names may change" in said
    assert f"hint: it stands at {FIRST} now: write 'revision: {FIRST}'" in said
    assert "doesn't exist on the Hub" in other
    [nowhere] = load(NOWHERE, {"revision": "main"})
    assert f"/datasets/{NAME}/commits/main" in nowhere


def test_pictures_that_the_repository_holds_as_files_are_read_from_the_cache(hub, load):
    for path in hub.folder.rglob("*.parquet"):
        path.unlink()
    (hub.folder / "README.md").unlink()
    folder = hub.folder / "validation"
    folder.mkdir()
    rows = []
    for name in ("1", "02"):
        (folder / f"{name}.png").write_bytes(picture())
        rows.append(
            {"file_name": f"{name}.png", "id": name, "title": f"Title {name}", "cuisine": "thai"}
        )
    (folder / "metadata.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    [found] = load(hub.url, {})
    assert sorted(found) == [
        ["02", ["Title 02"], {"cuisine": "thai"}, [PNG], ["file"]],
        ["1", ["Title 1"], {"cuisine": "thai"}, [PNG], ["file"]],
    ]
