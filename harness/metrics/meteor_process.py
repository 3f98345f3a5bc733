"""METEOR 1.5's Java program as a process that lives for a whole run: segments in, integers out.

Nothing here knows the score; harness.metrics.meteor makes it of the integers.
"""

from __future__ import annotations

import math
import os
import signal
import subprocess
import tempfile
import threading
import time
import weakref
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from harness.errors import MetricError
from harness.metrics.java import INSTALL_JAVA, JVM_OPTIONS, METEOR_JAR, cannot_run, find_jar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

METEOR_WIDTH = 23
"""Integers in one METEOR statistics line."""

_START_SECONDS = 300.0
"""METEOR parses 272 MB of paraphrases first: 5 to 30 s on the machines seen."""
_REPLY_SECONDS = 120.0
"""A reply takes 0.2 to 4 ms; 300 equal words on both sides, the worst seen, take some seconds."""
_WATCH_SECONDS = 0.1
_GROUP = 16
"""Requests written at once; the replies to two groups fit into a pipe many times."""


class MeteorProcess:
    """One METEOR 1.5 process for a whole run; a context manager.

    ``start`` returns at once, so that the process can read its tables while a model generates.
    Only SCORE is ever asked; METEOR's own EVAL depends on the locale and ends the process on a
    malformed line. However this object ends (close, an exception, the end of the program), its
    process ends too. To be used by one thread at a time.
    """

    def __init__(
        self,
        *,
        java: str,
        heap: str = "1G",
        start_seconds: float = _START_SECONDS,
        reply_seconds: float = _REPLY_SECONDS,
    ) -> None:
        """Take settings only; nothing is started.

        Args:
            java: the java program, from ``find_java``.
            heap: Java's -Xmx, e.g. 1G; 512m is enough for titles.
            start_seconds: how long the first reply may take.
            reply_seconds: how long each later reply may take.
        """
        self._java = java
        self._heap = heap
        self._start_seconds = start_seconds
        self._reply_seconds = reply_seconds
        self._child: _Child | None = None

    def __enter__(self) -> MeteorProcess:
        """Give itself; nothing is started."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.close()

    @property
    def pid(self) -> int | None:
        """The process id, or None where no process runs."""
        return self._child.process.pid if self._child and self._child.alive() else None

    def start(self) -> None:
        """Start the process where none runs, without waiting for it.

        Raises:
            MetricError: METEOR's jar is missing, or Java cannot be run.
        """
        if self._child and self._child.alive():
            return
        self.close()
        jar = find_jar(METEOR_JAR)
        command = [self._java, *JVM_OPTIONS, f"-Xmx{self._heap}", "-jar", str(jar)]
        command += ["-", "-", "-stdio", "-l", "en", "-norm"]
        try:
            self._child = _Child(command, jar.parent, first_seconds=self._start_seconds)
        except OSError as error:
            raise cannot_run(self._java, error) from error

    def close(self) -> None:
        """End the process and wait until it is gone; harmless when repeated."""
        if self._child:
            self._child.end()
            self._child = None

    def score(self, segments: Sequence[tuple[str, Sequence[str]]]) -> list[tuple[int, ...]]:
        """Align each prediction with its references.

        A process that has died or does not answer is replaced once in a call.

        Args:
            segments: a prediction and its references each; no text holds a line break or ``|||``.

        Returns:
            METEOR_WIDTH integers per segment, for the reference that fits best.

        Raises:
            MetricError: Java cannot be run, or METEOR has failed twice.
        """
        replies: list[tuple[int, ...]] = []
        failed = 0
        while len(replies) < len(segments):
            try:
                self._score_rest(segments, replies)
            except _ProcessDied as death:
                failed += 1
                if failed > 1:
                    raise self._given_up(segments[len(replies)][0], death) from death
        return replies

    def _score_rest(
        self, segments: Sequence[tuple[str, Sequence[str]]], replies: list[tuple[int, ...]]
    ) -> None:
        """Append the replies that are still missing, as far as the process lives."""
        self.start()
        assert self._child is not None
        try:
            with _Watchdog(self._child.process) as watchdog:
                sent = len(replies)
                while len(replies) < len(segments):
                    watchdog.wait_for(self._child.patience(self._reply_seconds))
                    # Java works on one group while the replies of the other are read.
                    if sent < len(segments) and sent - len(replies) <= _GROUP:
                        group = segments[sent : sent + _GROUP]
                        self._child.send("".join(map(_request, group)).encode())
                        sent += len(group)
                    else:
                        replies.append(_integers(self._child.receive(watchdog)))
        except BaseException:
            # Also at Ctrl-C: a reply left unread would be taken for that of the next segment.
            self.close()
            raise

    def _given_up(self, prediction: str, death: _ProcessDied) -> MetricError:
        return MetricError(
            f"METEOR ({self._java}) failed twice: {death}; it was at '{prediction[:80]}'",
            hint=f"try `{self._java} -version` and another heap than {self._heap}; or "
            f"{INSTALL_JAVA}",
        )


class _ProcessDied(Exception):
    """The METEOR process ended, hung, or answered nonsense; the message says which."""


class _Child:
    """One life of the METEOR process, with what must be released after it."""

    def __init__(self, command: list[str], folder: Path, *, first_seconds: float) -> None:
        # A file, since a pipe that nobody reads would block Java after 64 KB of warnings.
        self._errors = tempfile.TemporaryFile(prefix="harness-meteor-")  # noqa: SIM115 - see _end
        try:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                # A group of its own, so that a wrapper script's children can be ended as well.
                start_new_session=True,
            )
        except OSError:
            self._errors.close()
            raise
        self._first_seconds = first_seconds
        self._answered = False
        self.end = weakref.finalize(self, _end, self.process, self._errors)

    def alive(self) -> bool:
        return self.process.poll() is None

    def patience(self, seconds: float) -> float:
        """Give how long to wait for the next reply; the first takes longer."""
        return seconds if self._answered else max(seconds, self._first_seconds)

    def send(self, requests: bytes) -> None:
        """Write lines; what goes wrong is told where a reply does not come."""
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.write(requests)
            self.process.stdin.flush()

    def receive(self, watchdog: _Watchdog) -> str:
        """Read the reply to one line."""
        assert self.process.stdout is not None
        reply = self.process.stdout.readline()
        if watchdog.barked:
            raise _ProcessDied(f"no reply within {watchdog.seconds:g} s")
        if not reply.endswith(b"\n"):
            raise _ProcessDied(self._last_words())
        self._answered = True
        return reply.decode(errors="replace")

    def _last_words(self) -> str:
        try:
            code: object = self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = "unknown"
        self._errors.seek(0)
        said = self._errors.read(4096).decode(errors="replace").strip().splitlines()
        return f"it ended with exit code {code}" + (f" and said: {said[0]}" if said else "")


class _Watchdog:
    """Kills a process that does not answer in time; a context manager around many requests.

    It bounds the writing too: a long line fills the pipe while Java is starting.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.barked = False
        self.seconds = math.inf
        """How long the next reply may take."""
        self._process = process
        self._deadline = math.inf
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Watchdog:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def wait_for(self, seconds: float) -> None:
        """Set the time in which the next reply must come."""
        self.seconds = seconds
        self._deadline = time.monotonic() + seconds

    def _watch(self) -> None:
        while not self._done.wait(_WATCH_SECONDS):
            if time.monotonic() > self._deadline:
                self.barked = True
                _kill(self._process)
                return


def _end(process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    """End a process of ours; runs at close, at garbage collection or at exit."""
    _kill(process)
    process.wait()
    for pipe in (process.stdin, process.stdout, errors):
        if pipe is not None:
            with suppress(OSError):  # What is left in the buffer has no reader any more.
                pipe.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    # Gone, also in the eyes of a forked child of ours: the process is its parent's to end.
    if process.poll() is not None:
        return
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _request(segment: tuple[str, Sequence[str]]) -> str:
    prediction, references = segment
    line = " ||| ".join(("SCORE", *references, prediction))
    assert "\n" not in line, "a line break would shift all later replies"
    assert "\r" not in line, "a line break would shift all later replies"
    return f"{line}\n"


def _integers(reply: str) -> tuple[int, ...]:
    """Read a statistics line; METEOR prints its integers as ``3.0``."""
    try:
        numbers = tuple(int(float(word)) for word in reply.split())
    except ValueError:
        numbers = ()
    if len(numbers) != METEOR_WIDTH:
        raise _ProcessDied(f"its reply is no statistics line: {reply.strip()[:200]}")
    return numbers
