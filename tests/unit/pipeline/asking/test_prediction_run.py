"""Predictions made elsewhere, scored where no pictures are."""

import json

import pytest

import harness
from harness.store.run_folder import RunFolder
from harness.units import clusters_of

SAMPLES = 60


@pytest.fixture
def scored(tmp_path, monkeypatch):
    """A run of two systems over a dataset whose images are not here, by the images of its rows."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "datasets").mkdir()

    def _scored(images, name="d"):
        rows = [
            {"id": f"r{i}", "image": image, "title": f"dish {i % 20}", "part": "ab"[i // 30]}
            for i, image in enumerate(images)
        ]
        (tmp_path / f"datasets/{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
        (tmp_path / f"datasets/{name}.yaml").write_text(
            f"source: {{format: jsonl, path: {name}.jsonl}}\n"
            "columns: {id: id, image: image, references: [title], metadata: [part]}\n"
        )
        texts = [
            {"id": row["id"], "system": system, "text": row["title"] if i % 20 in good else "no"}
            for system, good in (("much", {*range(12)}), ("little", {*range(8)}))
            for i, row in enumerate(rows)
        ]
        (tmp_path / f"{name}-texts.jsonl").write_text("\n".join(map(json.dumps, texts)))
        return harness.score_file(f"{name}-texts.jsonl", name, metrics=["exact_match"])

    return _scored


def interval(run, system="much"):
    """The interval of a system's exact match."""
    [result] = [r for r in run.summary.results if (r.system, r.metric) == (system, "EXACT")]
    low, high = result.interval
    return low, high, result.value


def test_rows_of_one_image_are_one_unit(scored):
    """Three rows an image, spelled in three ways, are no surer than the 20 images are."""
    spelled = ("{}.jpg", "./{}.jpg", "x/../{}.jpg")
    together = scored([spelled[i // 20].format(i % 20) for i in range(SAMPLES)])
    apart = scored([f"{i}.jpg" for i in range(SAMPLES)], "apart")
    (low, high, value), (low_apart, high_apart, value_apart) = map(interval, (together, apart))
    assert value == value_apart == pytest.approx(0.6)
    assert (high - low) / (high_apart - low_apart) == pytest.approx(3**0.5, rel=0.2)
    assert clusters_of(RunFolder(apart.path).samples()) is None


def test_what_reads_the_folder_later_sees_the_same_units(scored):
    run = scored([f"{i % 20}.jpg" for i in range(SAMPLES)])
    before = clusters_of(RunFolder(run.path).samples())
    assert before.tolist() == [i % 20 for i in range(SAMPLES)]
    written = {name: (run.path / name).read_bytes() for name in ("scores.parquet", "table.csv")}
    again = harness.load_run(run.path).rescore()
    assert again.summary.results == run.summary.results
    assert {name: (run.path / name).read_bytes() for name in written} == written
