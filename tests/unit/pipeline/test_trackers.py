"""What is logged, and what is told where a tracker is not there."""

from importlib.util import find_spec

import pytest

import harness as api
from harness.errors import TrackerError
from harness.pipeline.handing.trackers import tracked, tracker_named


@pytest.mark.skipif(find_spec("mlflow") is not None, reason="mlflow is installed")
def test_a_tracker_that_is_not_installed_is_refused_before_a_model_is_asked(project, harness):
    done = harness("run", "prompts/titles", "--log", "mlflow", cwd=project)
    assert done.returncode == 1
    assert "mlflow is not installed" in done.stderr
    assert "prompt-harness[mlflow]" in done.stderr
    assert not (project / "results").exists()


def test_a_tracker_that_nobody_knows_is_told_with_what_is_near():
    with pytest.raises(TrackerError, match="'mlfow'") as told:
        tracker_named("mlfow")
    assert "mlflow" in told.value.hint


def test_what_is_missing_is_a_tag_with_its_reason_and_no_number(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.setenv("HARNESS_JAVA", "/nowhere/java")
    run = api.evaluate("prompts/titles").rescore("meteor")
    found = tracked(run.record, run.summary, run.summary.systems[0])
    assert "METEOR" not in found.metrics
    assert "ava" in found.tags["missing.METEOR"]
    again = tracked(run.record, run.summary, run.summary.systems[0])
    other = tracked(run.record, run.summary, run.summary.systems[1])
    assert found.key == again.key != other.key


def test_long_prompts_are_cut_to_what_trackers_take(project, monkeypatch):
    monkeypatch.chdir(project)
    (project / "prompts/titles/plain.yaml").write_text(f"user: {'word ' * 3000}\n")
    run = api.evaluate("prompts/titles", only="plain")
    text = tracked(run.record, run.summary, run.summary.systems[0]).tags["prompt"]
    assert len(text) == 5000
    assert text.endswith("…")
