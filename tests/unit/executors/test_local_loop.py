"""An async job from ordinary code: with a loop around it or none, it ends in time."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from harness.daemon_threads import DaemonThreads
from harness.executors import local_loop


async def answer() -> tuple[int, str]:
    await asyncio.sleep(0)
    return await asyncio.to_thread(lambda: 42), threading.current_thread().name


def test_a_job_gives_what_it_gives_and_raises_what_it_raises():
    assert local_loop.run(answer) == (42, "MainThread")

    async def failing():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        local_loop.run(failing)


def test_where_a_loop_runs_a_thread_does_it():
    async def notebook():
        return local_loop.run(answer)

    assert asyncio.run(notebook()) == (42, "harness-run")


def test_an_interrupt_of_the_thread_that_waits_cancels_the_job():
    cancelled = threading.Event()

    async def job():
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def notebook():
        # A notebook's kernel answers an interrupt in this way, while a cell is at work.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            local_loop.run(job)
        finally:
            signal.signal(signal.SIGINT, before)

    loop = asyncio.new_event_loop()
    try:
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(notebook())
        assert cancelled.is_set()
    finally:
        loop.close()


def test_what_a_job_leaves_running_is_cancelled():
    ended = []

    async def left():
        try:
            await asyncio.sleep(600)
        finally:
            ended.append(True)

    async def job():
        tasks.append(asyncio.ensure_future(left()))
        await asyncio.sleep(0)

    tasks: list[asyncio.Future] = []
    local_loop.run(job)
    assert ended == [True]


def test_a_thread_that_hangs_keeps_no_process_alive():
    """Neither the loop's end nor the interpreter's waits for it."""
    code = """
import asyncio, threading
from harness.daemon_threads import DaemonThreads
from harness.executors import local_loop

async def job():
    hung = asyncio.ensure_future(asyncio.to_thread(threading.Event().wait))
    await asyncio.sleep(0.2)
    return "over"

print(local_loop.run(job, linger=0.2))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "over\n", "")


def test_worker_threads_are_made_as_needed_and_used_again():
    threads = DaemonThreads()
    gate = threading.Event()
    waiting = [threads.submit(gate.wait, 30) for _ in range(3)]
    assert threads.submit(sum, [1, 2]).result(30) == 3
    gate.set()
    assert [one.result(30) for one in waiting] == [True] * 3
    deadline = time.monotonic() + 30
    names = set()
    while len(names) < 1 and time.monotonic() < deadline:
        names.add(threads.submit(lambda: threading.current_thread().name).result(30))
    assert names <= {f"harness-worker-{i}" for i in range(4)}
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 / 0).result(30)
    threads.shutdown()
    with pytest.raises(RuntimeError):
        threads.submit(sum, [1])


def test_jobs_that_have_not_begun_can_be_forgotten():
    threads = DaemonThreads()
    gate = threading.Event()
    running = [threads.submit(gate.wait, 30) for _ in range(64)]  # more than there are threads
    threads.shutdown(wait=False, cancel_futures=True)
    gate.set()
    assert any(one.cancelled() for one in running)
    assert all(one.cancelled() or one.result(30) for one in running)
