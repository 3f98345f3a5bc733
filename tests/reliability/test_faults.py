"""Each fault: what the user sees and what is kept; docs/reliability.md has them in a table."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SUITE = "prompts/titles"


@pytest.fixture
def run(harness):
    """Run the suite; give the exit status, stdout and stderr."""

    def ran(project, *words):
        done = harness("run", SUITE, *words, cwd=project)
        assert "Traceback" not in done.stderr
        return done

    return ran


@pytest.fixture
def generated(run):
    """Run the suite; give how many completions were asked of a model."""

    def count(project, *words):
        done = run(project, "--json", *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["generated"]

    return count


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def model(project, text):
    edit(project / SUITE / "suite.yaml", "engine: fake, model: none", text)


# --- samples and requests


def test_an_unreadable_image_is_left_out_and_counted(project, run, committed):
    (project / "datasets/dishes/images/s2.png").write_bytes(b"no image")
    done = run(project)
    assert done.returncode == 0
    assert "1 row of the dataset left out: 1 unreadable_image" in done.stdout
    assert len(committed(project / "results/store.sqlite")) == 6
    edit(project / "datasets/dishes.yaml", "images:", "clean: []\nimages:")
    done = run(project)
    assert (done.returncode, done.stdout) == (1, "")
    assert "samples.jsonl:2: sample 's2': not a readable image: " in done.stderr
    assert "hint: add 'unreadable_image' to 'clean:' in dishes.yaml to leave" in done.stderr


def test_a_cut_image_is_left_out_and_counted(project, run, committed):
    image = project / "datasets/dishes/images/s2.png"
    image.write_bytes(image.read_bytes()[:60])
    done = run(project)
    assert done.returncode == 0
    assert "1 row of the dataset left out: 1 unreadable_image" in done.stdout
    assert len(committed(project / "results/store.sqlite")) == 6


def test_a_damaged_image_and_a_long_prompt_fail_alone(
    project, harness_process, repository, newest, answers
):
    pytest.importorskip("transformers")
    model(project, f"engine: transformers, model: {repository / 'harness/demo/model'}")
    image = project / "datasets/dishes/images/s2.png"
    content = image.read_bytes()
    pixels = content.index(b"IDAT") + 4
    image.write_bytes(content[:pixels] + b"!" + content[pixels + 1 :])
    long = "{% if id == 's3' %}{{ 'many words ' * 3000 }}{% endif %}"
    edit(project / SUITE / "title.yaml", "user: Give", f'user: "{long}Give')
    edit(project / SUITE / "title.yaml", "title.\n", 'title."\n')
    edit(project / SUITE / "suite.yaml", "[bleu, rouge_l, cider]", "[exact_match]")
    done = harness_process("run", SUITE, cwd=project)
    assert done.returncode == 0, done.stderr
    assert re.search(r"unscored: plain 1 \(image cannot .*\); title 2 \(1 × .*, 1 × ", done.stdout)
    errors = {
        (line["sample_id"], line["system"]): line["error"]
        for line in answers(newest(project / "results"))
        if line["error"]
    }
    assert errors.keys() == {("s2", "plain"), ("s2", "title"), ("s3", "title")}
    assert re.search("image cannot be decoded: .*s2.png", errors["s2", "plain"])
    assert re.search(r"the prompt has \d+ tokens, and the model's", errors["s3", "title"])


def test_a_failed_request_is_shown_with_its_reason_and_asked_again(
    project, run, generated, committed
):
    edit(project / SUITE / "suite.yaml", "model: none", "model: none, args: {fail: 0.5}")
    done = run(project)
    assert done.returncode == 0
    assert "(a fault that was asked for)" in done.stdout
    kept = committed(project / "results/store.sqlite")
    assert 0 < len(kept) < 8
    assert generated(project) == 8 - len(kept)


def test_a_request_that_takes_too_long_has_failed(project, run, committed, newest, answers):
    edit(
        project / SUITE / "suite.yaml",
        "model: none",
        "model: none, timeout: 0.2, args: {delay: 60}",
    )
    done = run(project)
    assert done.returncode == 1  # no system has an answer
    assert "error: plain has no answer at all: no answer within 0.2 s" in done.stderr
    lines = answers(newest(project / "results"))
    assert {line["error"] for line in lines} == {"no answer within 0.2 s"}
    assert committed(project / "results/store.sqlite") == {}


def test_too_many_failures_stop_the_run(project, run, generated, committed):
    edit(
        project / SUITE / "suite.yaml",
        "model: none",
        "model: none, args: {fail: 0.5, in_flight: 1}",
    )
    done = run(project, "--max-failures", "1")
    assert done.returncode == 1
    assert (
        "error: 2 requests have failed, more than --max-failures allows; the last: a fault that "
        "was asked for\n  hint: what succeeded is kept; failed requests are asked again by the "
        "next run\n"
    ) in done.stderr
    kept = committed(project / "results/store.sqlite")
    assert len(kept) >= 1
    assert generated(project) == 8 - len(kept)


# --- models


@pytest.mark.parametrize(
    ("described", "message"),
    [
        ("engine: fake, model: none, args: {dealy: 1}", "the fake engine has no argument 'dealy'"),
        ("engine: fok, model: none", "no engine is named 'fok'"),
        ("engine: vllm, model: ./nowhere", "no such model folder: "),
        ("engine: vllm, model: a/b, args: {in_flight: 0}", "in_flight is 0, not a number"),
    ],
)
def test_a_model_that_cannot_be_started_costs_nothing(
    project, harness, harness_process, generated, described, message
):
    command = harness
    if "nowhere" in described:
        pytest.importorskip("transformers")
        command = harness_process
    assert generated(project) == 8
    model(project, described)
    done = command("run", SUITE, cwd=project)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    model_line = (project / SUITE / "suite.yaml").read_text()
    (project / SUITE / "suite.yaml").write_text(
        model_line.replace(described, "engine: fake, model: none")
    )
    assert generated(project) == 0


_MODULES = """
import sys
sys.argv = ["harness", "run", "prompts/titles"]
from harness.cli import main
try:
    main()
finally:
    print("modules:", *sys.modules)
"""


def test_a_finished_suite_loads_no_engine(project):
    """All completions of a vLLM model are there: neither vLLM nor torch is imported."""
    model(project, f"engine: vllm, model: a/b, revision: {'a' * 40}")
    plan = [sys.executable, "-c", _FILL.format(root=str(project))]
    subprocess.run(plan, check=True, timeout=120)
    for said in ("0 completions generated, 8 from the store", "nothing has changed since run"):
        done = subprocess.run(
            [sys.executable, "-c", _MODULES],
            cwd=project,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        assert said in done.stdout
        modules = set(done.stdout.partition("modules:")[2].split())
        assert modules & {"torch", "vllm", "transformers", "qwen_vl_utils"} == set()
    [folder] = (project / "results" / "titles").iterdir()
    assert not (folder / "engine.log").exists()


_FILL = """
from pathlib import Path
from harness.config.load import load_suite
from harness.pipeline.asking.plan import Choice, make_plan
from harness.records import Completion
from harness.store.completions import CompletionStore

root = Path({root!r})
with CompletionStore(root / "results/store.sqlite") as store:
    plan = make_plan(load_suite(root / "prompts/titles"), Choice())
    for one in plan.requests():
        made = Completion(key=one.request.key, text="Dish", finish_reason="stop")
        store.add(made, one.ingredients)
"""


# --- disk


def limited(project, blocks, *words):
    """Run the suite where no file may grow beyond so many KiB: a full disk, for one process."""
    return subprocess.run(
        ["bash", "-c", f'ulimit -f {blocks}; exec "$@"', "-", *words],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("blocks", [8, 40, 120, 400])
def test_a_full_disk_stops_the_run_and_keeps_what_was_committed(
    enlarge, generated, committed, blocks
):
    project = enlarge(150, "args: {delay: 0.01, in_flight: 8}")
    command = Path(sys.executable).parent / "harness"
    done = limited(project, blocks, str(command), "run", SUITE)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "exception was never retrieved" not in done.stderr
    assert re.search(r"error: .*(cannot be written|cannot be opened|cannot be made)", done.stderr)
    assert "  hint: " in done.stderr
    kept = committed(project / "results/store.sqlite")
    assert len(kept) < 300 or blocks >= 120
    assert generated(project) == 300 - len(kept)


def test_a_disk_that_fills_up_while_scoring_costs_no_completion(enlarge, generated):
    project = enlarge(150)
    assert generated(project) == 300
    edit(project / SUITE / "suite.yaml", "[exact_match]", "[exact_match, bleu]")
    command = Path(sys.executable).parent / "harness"
    done = limited(project, 64, str(command), "run", SUITE)
    assert done.returncode == 1
    assert re.search(r"error: cannot be written: results/titles/.*/completions.jsonl ", done.stderr)
    assert "hint: make room and run again; finished completions are not asked" in done.stderr
    assert list(project.glob("results/titles/*/.completions.jsonl")) == []
    assert generated(project) == 0


_SCORES = """
import sys
from pathlib import Path
import numpy as np
from harness.errors import StoreError
from harness.records import SampleScores
from harness.store.run_folder import RunFolder

folder = RunFolder(Path(sys.argv[1]))
noise = np.random.default_rng(0).random((2, 20_000))
ids = tuple(map(str, range(20_000)))
scores = [SampleScores(system="s", metric="m", sample_ids=ids, values=tuple(noise[0]))]
for write in (
    lambda: folder.write_scores(scores),
    lambda: folder.write_statistics(noise > 0, {"m": noise}),
):
    try:
        write()
    except StoreError as error:
        print(error.message)
"""


def test_scores_that_find_no_room_are_said_to(tmp_path):
    done = limited(tmp_path, 64, sys.executable, "-c", _SCORES, str(tmp_path))
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert "cannot be written: " in first
    assert "scores.parquet" in first
    assert "statistics.npz" in second
    assert list(tmp_path.iterdir()) == []


def test_a_results_folder_that_cannot_be_made_is_named(project, run):
    (project / "a file").write_text("")
    done = run(project, "--out", "a file/results")
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        "error: the completion store cannot be opened: a file/results/store.sqlite" in done.stderr
    )
    assert "hint: is its folder there and yours to write? --out names another" in done.stderr


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a /proc")
def test_a_folder_that_nobody_may_write_is_named(project, run):
    done = run(project, "--out", "/proc/results")
    assert done.returncode == 1
    assert "error: the completion store cannot be opened: /proc/results/store.sqlite" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_named_and_stays_as_it_is(project, run, generated):
    assert generated(project) == 8
    results = project / "results"
    for path in (results, *results.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        edit(project / SUITE / "title.yaml", "a recipe", "a good recipe")
        done = run(project)
        assert done.returncode == 1
        assert "error: the completion store cannot be opened: " in done.stderr
    finally:
        for path in (results, *results.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert generated(project) == 4


def test_a_store_of_a_newer_version_is_left_alone(project, run, generated, opened):
    assert generated(project) == 8
    store = project / "results/store.sqlite"
    with opened(store) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute("PRAGMA user_version = 99")
    done = run(project)
    assert done.returncode == 1
    assert "store.sqlite was written by a newer version (schema 99)" in done.stderr
    assert "hint: upgrade prompt-harness, or name another folder with --out" in done.stderr
    with opened(store) as db:
        db.execute(f"PRAGMA user_version = {version}")
    assert generated(project) == 0


@pytest.mark.parametrize("begin", [0, 8192])
def test_a_damaged_store_is_moved_aside_and_the_next_run_begins_anew(
    enlarge, run, generated, begin
):
    project = enlarge(60)
    assert generated(project) == 120
    store = project / "results/store.sqlite"
    content = bytearray(store.read_bytes())
    content[begin : begin + 3000] = b"\xff" * 3000
    store.write_bytes(content)
    done = run(project)
    assert done.returncode == 1
    assert "error: the completion store results/store.sqlite is damaged" in done.stderr or (
        "store.sqlite is damaged" in done.stderr
    )
    assert "hint: 'harness cache import " in done.stderr
    [aside] = [p for p in store.parent.glob("store.sqlite.damaged-*") if p.suffix[-1].isdigit()]
    assert aside.read_bytes() == content
    assert generated(project) == 120


def test_a_clock_that_was_put_back_changes_nothing(project, generated, harness):
    assert generated(project) == 8
    [first] = (project / "results/titles").iterdir()
    # As if that run had been made before the clock was put back by decades.
    ahead = first.rename(first.with_name("20990101-120000-abcdef"))
    assert generated(project) == 0
    edit(project / SUITE / "title.yaml", "a recipe", "a good recipe")
    assert generated(project) == 4
    made = [path.name for path in (project / "results/titles").iterdir() if path != ahead]
    assert all(name > ahead.name for name in made)
    shown = json.loads(harness("score", "results/titles", "--json", cwd=project).stdout)
    assert shown["folder"].endswith(max(made))


def test_a_path_with_spaces_and_other_letters(project, generated, harness):
    out = project / "Ergebnisse é 結果" / "a b"
    assert generated(project, "--out", out) == 8
    assert generated(project, "--out", out) == 0
    done = harness("compare", out / "titles", cwd=project)
    assert done.returncode == 0, done.stderr


# --- stopping


def stopped(done, total):
    return re.search(rf"stopped with (\d+) of {total} completions finished; they are kept", done)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_first_signal_finishes_what_is_in_flight(enlarge, started, generated, committed, number):
    project = enlarge(60, "args: {delay: 1, in_flight: 10}")
    going = started("run", SUITE, cwd=project)
    assert going.wait_for(r"\b[12]0/120")
    going.signal(number)
    code, stdout = going.end()
    assert (code, stdout) == (130, "")
    found = stopped(going.screen, 120)
    assert found, going.screen
    assert "hint: run the same command again to go on from here" in going.screen
    kept = committed(project / "results/store.sqlite")
    assert len(kept) == int(found[1])
    assert len(kept) % 10 == 0  # all ten in flight were waited for
    assert generated(project, "--limit", "10") == max(0, 20 - len(kept))


def test_a_first_signal_waits_a_few_seconds_at_most(enlarge, started, committed):
    project = enlarge(20, "args: {delay: 600, in_flight: 10}")
    going = started("run", SUITE, cwd=project)
    assert going.wait_for("generating")
    going.signal(signal.SIGINT)
    began = time.monotonic()
    assert going.end()[0] == 130
    assert 5 < time.monotonic() - began < 60
    assert "stopped with 0 of 40 completions finished" in going.screen
    assert committed(project / "results/store.sqlite") == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_stops_at_once(enlarge, started, number):
    project = enlarge(20, "args: {delay: 600, in_flight: 10}")
    going = started("run", SUITE, cwd=project)
    assert going.wait_for("generating")
    began = time.monotonic()
    going.signal(number)
    # Until the event loop has taken the first one, a second one is the same signal; behind the
    # last word, Python takes itself down and a signal ends it as any process.
    while "stopped; " not in going.screen and going.process.poll() is None:
        going.signal(number)
        time.sleep(0.5)
    assert time.monotonic() - began < 9  # the grace is 10 seconds
    assert going.end()[0] == 130
    assert "stopped; what was committed before is kept" in going.screen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_scoring_keeps_every_completion(enlarge, started, generated, number):
    project = enlarge(400, metrics="[bleu, rouge_l, cider]")
    going = started("run", SUITE, cwd=project)
    assert going.wait_for("scoring")
    going.signal(number)
    assert going.end()[0] == 130
    assert "stopped; what was committed before is kept" in going.screen
    assert generated(project) == 0
