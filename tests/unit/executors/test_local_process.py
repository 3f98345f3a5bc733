"""What an engine needs of the process is lent to it; afterwards the process is as it was."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from harness.engines.vllm_plugin import OWNER
from harness.errors import EngineError
from harness.executors import local_loop
from harness.executors.executor import Interrupted
from harness.executors.local import LocalExecutor, process_for
from harness.executors.local_environment import BorrowedEnvironment
from harness.executors.local_signals import stop_on_signal
from harness.records import ModelConfig


class Needy:
    environment = {"HARNESS_TEST_NEEDS": "this", "HARNESS_TEST_USERS": "the engine's"}  # noqa: RUF012
    chatty = True


class Modest:
    """Declares nothing, as engines that only send requests elsewhere."""


def outputs():
    return [(found.st_dev, found.st_ino) for found in map(os.fstat, (1, 2))]


def test_variables_are_set_where_the_user_says_nothing_and_taken_back(monkeypatch, tmp_path):
    monkeypatch.setenv("HARNESS_TEST_USERS", "mine")
    monkeypatch.delenv("HARNESS_TEST_NEEDS", raising=False)
    before = dict(os.environ)
    with process_for(Needy, tmp_path / "log", redirect=False):
        assert os.environ["HARNESS_TEST_NEEDS"] == "this"
        assert os.environ["HARNESS_TEST_USERS"] == "mine"
        assert os.environ[OWNER] == str(os.getpid())
    assert dict(os.environ) == before
    with process_for(Modest, tmp_path / "log", redirect=True):
        assert dict(os.environ) == before


def test_what_the_engine_changes_is_taken_back_and_what_others_change_stays(monkeypatch):
    for name in ("HARNESS_TEST_A", "HARNESS_TEST_B", "HARNESS_TEST_C", "HARNESS_TEST_D"):
        monkeypatch.setenv(name, "before")
    environment = BorrowedEnvironment({}, {})
    environment.lend()
    os.environ["HARNESS_TEST_A"] = "the engine's"
    os.environ["HARNESS_TEST_B"] = "the engine's"
    del os.environ["HARNESS_TEST_C"]
    environment.settle()
    os.environ["HARNESS_TEST_B"] = "the notebook's"
    os.environ["HARNESS_TEST_D"] = "the notebook's"
    environment.give_back()
    shown = [os.environ.get(f"HARNESS_TEST_{name}") for name in "ABCD"]
    assert shown == ["before", "the notebook's", "before", "the notebook's"]


@pytest.mark.parametrize("redirect", [False, True])
def test_stdout_and_stderr_go_to_the_log_only_when_asked(capfd, tmp_path, redirect):
    before = outputs()
    with process_for(Needy, tmp_path / "new/log", redirect=redirect):
        os.write(2, b"chatter\n")
        assert (outputs() == before) != redirect
    assert outputs() == before
    log = (tmp_path / "new/log").read_text()
    shown = capfd.readouterr().err
    if redirect:
        assert (log, shown) == ("chatter\n", "")
    else:
        assert shown == "chatter\n"
        assert log == "what the engine writes goes to the output of the process that asked it\n"


def test_a_log_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    before = dict(os.environ), outputs()
    for redirect in (False, True):
        with (
            pytest.raises(EngineError, match="log cannot be written"),
            process_for(Needy, tmp_path / "file/log", redirect=redirect),
        ):
            raise AssertionError
    assert (dict(os.environ), outputs()) == before


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"])
def test_closed_outputs_are_redirected_and_closed_again(tmp_path, closed):
    code = """
import os, subprocess, sys
from pathlib import Path
from harness.executors.local_output import OutputToFile

def state():
    found = []
    for number in (0, 1, 2):
        try:
            os.fstat(number)
            found.append(number)
        except OSError:
            pass
    return found

before = state()
output = OutputToFile(Path(sys.argv[1]))
output.start()
os.write(1, b"out ")
os.write(2, b"err ")
subprocess.run([sys.executable, "-c", "import os; os.write(1, b'child ')"], check=True)
output.stop()
Path(sys.argv[2]).write_text(str(before == state()))
"""
    log, same = tmp_path / "log", tmp_path / "same"
    command = f'"$0" -c "$1" "$2" "$3" {closed}'
    subprocess.run(["sh", "-c", command, sys.executable, code, log, same], check=True, timeout=60)
    assert log.read_text() == "out err child "
    assert same.read_text() == "True"


def test_engines_that_change_the_process_take_turns(hanging_engine, tmp_path):
    """Two runs at once in one notebook: the second model waits for the first one's end."""
    order = []

    async def life(name, seconds, stop):
        config = ModelConfig(name=name, engine="hanging", model="none", args={})
        async with LocalExecutor().started(config, log=tmp_path / "log", stop=stop):
            order.append(f"{name} there")
            await asyncio.sleep(seconds)
            order.append(f"{name} over")

    async def two():
        stopped = asyncio.Event()
        first = asyncio.ensure_future(life("first", 0.5, asyncio.Event()))
        await asyncio.sleep(0.1)
        second = asyncio.ensure_future(life("second", 0.0, asyncio.Event()))
        third = asyncio.ensure_future(life("third", 0.0, stopped))
        await asyncio.sleep(0.1)
        stopped.set()
        await asyncio.gather(first, second)
        with pytest.raises(Interrupted):
            await third

    before = dict(os.environ)
    local_loop.run(two)
    assert order == ["first there", "first over", "second there", "second over"]
    assert dict(os.environ) == before


# --- signals


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_first_signal_asks_and_the_second_interrupts(name):
    number = getattr(signal, name)
    before = signal.getsignal(number)

    async def job():
        stop = asyncio.Event()
        with stop_on_signal(stop):
            os.kill(os.getpid(), number)
            await asyncio.wait_for(stop.wait(), 10)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)

    local_loop.run(job)
    assert signal.getsignal(number) is before


def test_a_signal_reaches_a_run_whose_loop_is_kept_from_its_turn():
    """A template that loops for ever lets no event loop see a signal."""

    async def job():
        with stop_on_signal(asyncio.Event()):
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
            threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGTERM)).start()
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                pass
        raise AssertionError

    with pytest.raises(KeyboardInterrupt):
        local_loop.run(job)


class LoopOfWindows(asyncio.SelectorEventLoop):
    """Has no signal handlers, as the loops of Windows."""

    def add_signal_handler(self, sig, callback, *args):
        raise NotImplementedError

    def remove_signal_handler(self, sig):
        raise NotImplementedError


def test_a_loop_without_signal_handlers_will_do():
    async def job():
        stop = asyncio.Event()
        with stop_on_signal(stop):
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.wait_for(stop.wait(), 10)
        return "stopped"

    loop = LoopOfWindows()
    try:
        assert loop.run_until_complete(job()) == "stopped"
    finally:
        loop.close()


def test_outside_the_main_thread_signals_stay_as_they_are():
    seen = []

    async def job():
        with stop_on_signal(asyncio.Event()):
            seen.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=lambda: local_loop.run(job))
    thread.start()
    thread.join(30)
    assert seen == [before]


def test_nohup_is_respected():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)

    async def job():
        stop = asyncio.Event()
        with stop_on_signal(stop):
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.sleep(0.1)
        return stop.is_set()

    try:
        assert local_loop.run(job) is False
    finally:
        signal.signal(signal.SIGHUP, before)
