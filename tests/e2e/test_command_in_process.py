"""The tests' command in one process does what the command does in a process of its own."""

import os
import re
import sys
import warnings
from pathlib import Path

import psutil
import pytest

from harness.engines.fake import FakeEngine
from harness.engines.protocol import ENGINES

SUITE = "prompts/titles"
MADE_AT = re.compile(rb'"made_at": "[^"]*"')
TIMES = re.compile(r"\[ *\d+\.\d s\]|\d{8}-\d{6}-[0-9a-f]{6}|at \d+\.\d/s|\(\d+\.\d/s\)")


def told(done):
    """What a user is told, without times and run ids."""
    return done.returncode, TIMES.sub("", done.stdout), TIMES.sub("", done.stderr)


@pytest.mark.parametrize(
    "words",
    [
        ("run", SUITE),
        ("run", SUITE, "--only", "titel"),
        ("check",),
        ("list", "metrics", "--json"),
        ("run",),
        ("--help",),
        ("rm", "results/titles"),
        (),
    ],
    ids=" ".join,
)
def test_the_user_is_told_the_same(project, harness, harness_process, words):
    ours = harness(*words, cwd=project)
    if (project / "results").exists():
        (project / "results").rename(project / "before")

    theirs = harness_process(*words, cwd=project)

    assert told(ours) == told(theirs)
    assert ours.stdout + ours.stderr


def test_the_files_of_a_run_are_the_same(project, harness, harness_process):
    def files(command, out):
        done = command("run", SUITE, "--out", out, cwd=project)
        assert done.returncode == 0, done.stderr
        [folder] = (project / out / "titles").iterdir()
        return {path.name: path for path in folder.iterdir()}

    ours, theirs = files(harness, "in process"), files(harness_process, "process")

    assert ours.keys() == theirs.keys()
    for name in ("completions.jsonl", "samples.jsonl", "table.csv", "ingredients.jsonl"):
        one, other = (MADE_AT.sub(b"", made[name].read_bytes()) for made in (ours, theirs))
        assert one == other


def test_nothing_of_the_process_is_left_changed(project, harness, monkeypatch):
    def state():
        streams = sys.stdin, sys.stdout, sys.stderr, *map(os.fstat, (1, 2))
        return (
            Path.cwd(),
            dict(os.environ),
            sys.argv,
            list(warnings.filters),
            streams,
            psutil.Process().num_fds(),
        )

    monkeypatch.setenv("COLUMNS", "40")
    before = state()

    harness("run", SUITE, cwd=project)
    harness("nonsense", cwd=project)

    assert state() == before


class Faulty(FakeEngine):
    """An engine with a fault of our own making."""

    async def start(self):
        raise ZeroDivisionError("a fault of ours")


def test_an_exception_that_nobody_caught_is_a_trace_and_code_1(project, harness, monkeypatch):
    monkeypatch.setitem(ENGINES, "fake", f"{__name__}:Faulty")

    done = harness("run", SUITE, cwd=project)

    assert done.returncode == 1
    assert "\nTraceback (most recent call last):\n" in done.stderr
    assert done.stderr.endswith("ZeroDivisionError: a fault of ours\n")
