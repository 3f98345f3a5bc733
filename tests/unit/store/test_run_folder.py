from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.records import MediaRef, Sample, SampleScore
from harness.store.run_folder import RunFolder


def test_samples_and_scores_come_back_as_they_were(tmp_path):
    folder = RunFolder.create(tmp_path, "suite")
    ref = MediaRef(path=Path("a/b.png"), sha256="f" * 64, width=3, height=4)
    samples = [Sample(id="é\u2028", media=(ref,), references=("x", "y"), metadata={"n": [1, None]})]
    scores = [SampleScore(system="s", sample_id="é\u2028", metric="CIDEr", value=0.25)]
    folder.write_samples(samples)
    folder.write_scores(scores)
    assert RunFolder(folder.path).samples() == samples
    assert RunFolder(folder.path).scores([s.sample_id for s in scores]) == scores


def test_a_results_folder_stands_for_its_newest_run(tmp_path):
    for name in ("20260101-000000-aa", "20260102-000000-aa"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
    assert RunFolder.find(tmp_path).path.name == "20260102-000000-aa"
    with pytest.raises(StoreError, match="no run in"):
        RunFolder.find(tmp_path / "nothing")


def test_an_unfinished_run_says_so(tmp_path):
    folder = RunFolder.create(tmp_path, "suite")
    folder.write_run({"id": "x"})
    with pytest.raises(StoreError, match="did not finish"):
        folder.summary()


def test_a_damaged_file_says_so(tmp_path):
    folder = RunFolder.create(tmp_path, "suite")
    (folder.path / "completions.jsonl").write_text('{"half": ')
    with pytest.raises(StoreError, match="damaged"):
        list(folder.completions())


def test_a_run_of_another_version_says_so(tmp_path):
    folder = RunFolder.create(tmp_path, "suite")
    (folder.path / "samples.jsonl").write_text('{"id": "a", "references": ["x"]}\n')
    with pytest.raises(StoreError, match="fields that this version reads"):
        folder.samples()


def test_nothing_half_written_is_left_behind(tmp_path):
    folder = RunFolder.create(tmp_path, "suite")
    folder.write_summary({"a": 1})
    assert [path.name for path in folder.path.iterdir()] == ["summary.json"]
    with pytest.raises(ValueError, match="Out of range"):
        folder.write_summary({"a": float("nan")})
    assert folder.summary() == {"a": 1}
