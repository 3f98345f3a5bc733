"""The main job on real parts: the demo suite, real vLLM, the demo model, Java METEOR."""

import contextlib
import json
import os
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

SUITE = "prompts/recipe-titles"


@pytest.fixture(scope="module")
def demo(tmp_path_factory, harness_process):
    """Forty samples of the demo suite, run once on real vLLM."""
    out = tmp_path_factory.mktemp("demo é") / "results"
    seen = out.parent / "terminal"
    with terminal(seen) as stderr:
        run = harness_process("run", SUITE, "--limit", "40", "--json", "--out", out, stderr=stderr)
    assert run.returncode == 0, seen.read_text()
    return json.loads(run.stdout), out, seen.read_text()


@contextmanager
def terminal(path):
    """Give a file descriptor that is a terminal, and write what it shows to a file."""
    ours, theirs = os.openpty()

    def copy():
        with path.open("wb") as file, contextlib.suppress(OSError):  # EIO: the last one closed it
            while shown := os.read(ours, 65536):
                file.write(shown)

    reader = threading.Thread(target=copy)
    reader.start()
    try:
        yield theirs
    finally:
        os.close(theirs)
        reader.join()
        os.close(ours)


def values(summary, metric):
    return {r["system"]: r["value"] for r in summary["results"] if r["metric"] == metric}


def test_three_prompts_have_clearly_different_scores(demo):
    summary, _, _ = demo
    assert summary["cost"]["generated"] == 120
    for metric in ("BLEU_1", "ROUGE_L", "METEOR", "CIDEr"):
        found = values(summary, metric)
        assert len(found) == 3
        assert all(0.01 < value < (10 if metric == "CIDEr" else 0.99) for value in found.values())
        assert len({round(value, 3) for value in found.values()}) == 3, (metric, found)
    assert all(s["unscored"] == 0 for s in summary["systems"])


def test_an_image_is_worked_on_once_for_all_prompts(demo):
    summary, _, _ = demo
    expected = {"asked": 120, "decoded": 40, "processed": 40, "encoded": 40}
    assert summary["cost"]["images"] == expected
    record = json.loads((Path(summary["folder"]) / "run.json").read_text())
    assert record["cost"] == summary["cost"]


def test_the_terminal_shows_a_bar_and_the_chatter_is_in_the_log(demo):
    summary, _, shown = demo
    assert "generating with demo" in shown
    assert "120/120" in shown
    assert "vllm" not in shown.lower().replace("(vllm)", "")
    assert "INFO" not in shown
    log = (Path(summary["folder"]) / "engine.log").read_text()
    assert "EngineCore" in log


def test_a_second_run_starts_no_model(demo, harness):
    _, out, _ = demo
    again = harness("run", SUITE, "--limit", "40", "--json", "--out", out)
    summary = json.loads(again.stdout)
    assert summary["generated"] == 0
    assert summary["folder"] == demo[0]["folder"]  # nothing has changed: the same run


def test_transformers_writes_the_same_texts(demo, harness_process):
    summary, out, _ = demo
    words = ("run", SUITE, "--limit", "40", "--engine", "transformers", "--json", "--out", out)
    run = harness_process(*words)
    assert run.returncode == 0, run.stderr

    def texts(folder):
        lines = (Path(folder) / "completions.jsonl").read_text().splitlines()
        return [
            (line["system"], line["sample_id"], line["text"]) for line in map(json.loads, lines)
        ]

    pairs = zip(texts(summary["folder"]), texts(json.loads(run.stdout)["folder"]), strict=True)
    same = [ours == theirs for ours, theirs in pairs]
    assert sum(same) >= 0.95 * len(same)
