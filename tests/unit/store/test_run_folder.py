import json
from dataclasses import replace

import numpy as np
import pytest

from harness.errors import StoreError
from harness.records import (
    CellPlace,
    DatasetRecord,
    Decoding,
    FilePlace,
    Machine,
    MediaRef,
    MemberPlace,
    MetricSpec,
    ModelRecord,
    ReportedRow,
    RunRecord,
    Sample,
    SampleScores,
    System,
    UrlPlace,
    VariantRecord,
)
from harness.store.run_folder import RunFolder

NAN = float("nan")
RECORD = RunRecord(
    id="x",
    suite="titles",
    baseline="plain",
    repeats=1,
    metrics=(MetricSpec(name="keywords", options={"field": "vessel"}),),
    tokenizer="none",
    systems=(
        System(
            name="plain",
            model="m",
            variant="plain",
            decoding=Decoding(name="greedy", params={"temperature": 0}),
        ),
    ),
    models={"m": ModelRecord(name="m", engine="fake", model="none")},
    variants={"plain": VariantRecord(user="Name it.")},
    dataset=DatasetRecord(name="d", description="é\u2028", samples=1, dropped=()),
    created="2026-01-01T00:00:00+00:00",
    command=("harness", "run"),
    versions={},
    machine=Machine(python="3.11", platform="Linux", processor="p", cores=None, memory_gib=None),
)


def test_samples_and_scores_come_back_as_they_were(tmp_path):
    folder = RunFolder.create(tmp_path, "suite")
    ref = MediaRef(place=FilePlace(path="a/b.png"), sha256="f" * 64, width=3, height=4)
    samples = [Sample(id="é\u2028", media=(ref,), references=("x", "y"), metadata={"n": [1, None]})]
    scores = [SampleScores(system="s", metric="CIDEr", sample_ids=("é\u2028",), values=(0.25,))]
    folder.write_run(RECORD)
    folder.write_samples(samples)
    folder.write_scores(scores)
    assert list(RunFolder(folder.path).samples()) == samples
    assert RunFolder(folder.path).scores() == scores


@pytest.mark.parametrize(
    "place",
    [
        FilePlace(path="a/b.png"),
        MemberPlace(archive="a.zip", member="b.png"),
        CellPlace(table="a.parquet", column="image", row=3),
        UrlPlace(url="s3://bucket/b.png"),
    ],
)
def test_media_come_back_wherever_they_are(tmp_path, place):
    folder = RunFolder.create(tmp_path, "suite")
    ref = MediaRef(place=place, sha256="f" * 64, width=3, height=4, pixels=2)
    folder.write_run(RECORD)
    folder.write_samples([Sample(id="a", media=(ref,), references=())])
    assert RunFolder(folder.path).samples()[0].media == (ref,)


def test_media_of_version_0_1_were_files_with_pixels_of_the_first_rules(tmp_path):
    folder = RunFolder.create(tmp_path, "suite")
    folder.write_run(RECORD)
    media = {"path": "/a/b.png", "sha256": "f" * 64, "width": 3, "height": 4}
    line = {"id": "a", "references": [], "cluster": None, "metadata": {}, "media": [media]}
    (folder.path / "samples.jsonl").write_text(json.dumps(line))
    [ref] = RunFolder(folder.path).samples()[0].media
    assert ref == MediaRef(
        place=FilePlace(path="/a/b.png"), sha256="f" * 64, width=3, height=4, pixels=1
    )


def test_a_results_folder_stands_for_its_newest_run(tmp_path):
    for name in ("20260101-000000-aa", "20260102-000000-aa"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
    assert RunFolder.find(tmp_path).path.name == "20260102-000000-aa"
    with pytest.raises(StoreError, match="no run in"):
        RunFolder.find(tmp_path / "nothing")


def test_an_unfinished_run_says_so(tmp_path):
    folder = RunFolder.create(tmp_path, "suite")
    folder.write_run(RECORD)
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
    folder.write_run(RECORD)
    assert [path.name for path in folder.path.iterdir()] == ["run.json"]
    with pytest.raises(ValueError, match="Out of range"):
        folder.write_run(replace(RECORD, reported=(ReportedRow(system="a", scores={"x": NAN}),)))
    assert folder.run() == RECORD


def test_a_record_comes_back_as_it_was(tmp_path):
    folder = RunFolder.create(tmp_path, "suite")
    folder.write_run(RECORD)
    assert RunFolder(folder.path).run() == RECORD


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[]", "no JSON object"),
        ("{}", "no schema version"),
        ('{"schema": true}', "no schema version"),
        ('{"schema": 99}', "newer version"),
        ('{"schema": 2}', "does not have the fields"),
        ('{"schema": 1}', "does not have the fields"),
        ("{" * 100_000, "damaged"),
        ('{"schema": 2, "id": ' + "[" * 100_000, "damaged"),
        ("\xff\xfe", "damaged"),
    ],
)
def test_a_record_that_is_none_is_refused_in_a_sentence(tmp_path, text, fault):
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(StoreError, match=fault):
        RunFolder(tmp_path).run()


def test_missing_or_foreign_scores_say_how_to_have_them_anew(tmp_path):
    folder = RunFolder.create(tmp_path, "suite")
    for content in (None, b"no parquet"):
        if content:
            (folder.path / "scores.parquet").write_bytes(content)
            (folder.path / "statistics.npz").write_bytes(content)
        with pytest.raises(StoreError, match="cannot be read") as caught:
            folder.scores()
        assert "harness score" in (caught.value.hint or "")
        with pytest.raises(StoreError, match="cannot be read"):
            folder.statistics()


def test_a_folder_that_is_named_as_if_it_were_the_last_of_all_days_ends_no_run(tmp_path):
    (tmp_path / "suite" / "99991231-235959-ffffff").mkdir(parents=True)
    assert RunFolder.create(tmp_path, "suite").path.is_dir()


def test_scores_are_read_as_numbers_at_their_places(tmp_path):
    folder = RunFolder.create(tmp_path, "titles")
    folder.write_scores(
        [
            SampleScores(system="a", metric="m", sample_ids=("s1", "s3"), values=(0.25, 0.5)),
            SampleScores(system="b", metric="m", sample_ids=("s1", "s2"), values=(1.0, 2.0)),
            SampleScores(system="a", metric="k", sample_ids=("s2",), values=(4.0,)),
        ]
    )
    found = folder.score_matrix(["b", "a"], ["m"], ["s3", "s2", "s1"])
    np.testing.assert_array_equal(found, np.float32([[[NAN, 2.0, 1.0]], [[0.5, NAN, 0.25]]]))
    assert folder.score_matrix(["a"], ["none"], []).shape == (1, 1, 0)
