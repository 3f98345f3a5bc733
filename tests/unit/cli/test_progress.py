"""A run's progress as one sees it, while the work keeps its thread busy."""

import os
import re
import subprocess
import sys
import threading
import time

import pytest

from harness.cli.progress import RunProgress

WORK = """
import os, sys, time
from pathlib import Path
from harness.cli.progress import RunProgress

def busy(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass

with RunProgress(line_seconds=0.4) as progress:
    progress.advance(3, 8)
    progress.stage("starting qwen (vllm)", Path.cwd() / "results/r/engine.log")
    busy({busy})
    progress.stage("generating with qwen")
    progress.advance(4, 8)
    busy({busy})
    progress.advance(8, 8)
    progress.tell("2 [bold] warnings")
    progress.stage("scoring [bold]")
    busy({busy})
    {end}
"""


def code(end="", busy=0.0):
    return WORK.replace("{end}", end).replace("{busy}", str(busy))


def seen(cwd, end="", busy=0.0, *, terminal=False):
    """Run the work in a process of its own; give its exit status and what its stderr showed."""
    command = [sys.executable, "-c", code(end, busy)]
    ours, theirs = os.openpty() if terminal else os.pipe()
    process = subprocess.Popen(
        command, cwd=cwd, stderr=theirs, env={**os.environ, "COLUMNS": "80", "TERM": "xterm"}
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # EIO: the last one closed the terminal
        pass
    os.close(ours)
    return process.wait(60), shown.decode()


def test_off_a_terminal_a_line_now_and_then_says_what_goes_on(tmp_path):
    status, shown = seen(tmp_path, busy=1.5)
    assert status == 0
    lines = [re.sub(r"^\[ *\d+\.\d s\] ", "", line) for line in shown.splitlines()]
    assert lines[0] == "starting qwen (vllm) · log: results/r/engine.log"
    ticked = [re.sub(r"\b[1-9] s", "N s", line) for line in lines]
    assert "starting qwen (vllm) · N s · log: results/r/engine.log · 3/8 requests" in ticked
    assert "generating with qwen" in lines
    assert "generating with qwen · N s · 4/8 requests" in ticked
    assert "2 [bold] warnings" in lines
    assert "scoring [bold]" in lines
    assert ticked[-1] == "scoring [bold] · N s"


def test_on_a_terminal_the_seconds_tick_and_the_log_has_room(tmp_path):
    status, shown = seen(tmp_path, busy=1.5, terminal=True)
    assert status == 0
    assert re.search(r"starting qwen \(vllm\) · \d s · log: results/r/engine\.log", shown)
    assert re.search(r"generating with qwen · \d s", shown)
    assert "4/8" in shown
    assert "2 [bold] warnings\r\n" in shown
    assert re.search(r"scoring \[bold\] · \d s", shown)


def test_what_is_over_soon_is_not_said_where_brevity_is_asked(capfd):
    with RunProgress(brief=True) as progress:
        progress.stage("scoring")
    assert capfd.readouterr().err == ""
    with RunProgress(brief=True, line_seconds=0.1) as progress:
        progress.stage("scoring")
        time.sleep(1)
    assert "scoring" in capfd.readouterr().err


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("error", ["raise ValueError('no')", "raise KeyboardInterrupt"])
def test_it_ends_with_the_work_however_that_ends(tmp_path, error, terminal):
    status, shown = seen(tmp_path, error, terminal=terminal)
    assert status not in (0, None)
    assert shown.rstrip().endswith(error[6:].replace("('no')", ": no"))
    if terminal:
        assert "\x1b[?25h" in shown  # the cursor is back


def test_no_thread_is_left(capfd):
    before = threading.active_count()

    def fail():
        with RunProgress() as progress:
            progress.stage("working")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert threading.active_count() == before
    assert "working" in capfd.readouterr().err


def test_a_terminal_that_goes_away_ends_no_run(tmp_path):
    """The window is closed: nobody reads what is shown."""
    command = [sys.executable, "-c", code("print('done')", 0.5)]
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        command, cwd=tmp_path, stderr=theirs, stdout=subprocess.PIPE, text=True
    )
    os.close(theirs)
    os.close(ours)
    assert process.communicate(timeout=60)[0] == "done\n"
    assert process.returncode == 0


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
def test_without_a_stderr_the_work_goes_on(tmp_path, stderr):
    done = subprocess.run(
        ["sh", "-c", f'"$0" -c "$1" {stderr}', sys.executable, code("print(9)")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "9\n")


def test_a_name_that_would_steer_the_terminal_is_shown(capfd):
    with RunProgress() as progress:
        progress.stage("starting \x1b]0;title\x07 (vllm)")
    assert "starting \\x1b]0;title\\x07 (vllm)" in capfd.readouterr().err


def test_how_much_is_done_is_said_where_nobody_knows_of_how_much(capfd):
    with RunProgress(brief=True, line_seconds=0.1) as progress:
        progress.stage("reading recipes")
        progress.so_far("1,200 images")
        time.sleep(0.5)
    assert "] reading recipes · 1,200 images\n" in capfd.readouterr().err
