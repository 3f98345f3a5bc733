r"""stdout and stderr as the command needs them: no character and no write that fails is a trace.

A character that the output's encoding lacks is written as ``\uXXXX``, which JSON reads back. What
an output does not take (a full disk, a closed descriptor) is dropped, so that the work goes on, and
said at the end; a reader that has seen enough (``| head``) is no fault.
"""

from __future__ import annotations

import codecs
import errno
import functools
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

STDIN, STDOUT, STDERR = 0, 1, 2
ESCAPE = "harness-escape"
"""Name of the codecs' error handler that writes what JSON reads."""


def printing_safely(main: Callable[[], None]) -> Callable[[], None]:
    """Run a command with outputs that never raise; exit with 1 if its result was not printed."""

    @functools.wraps(main)
    def guarded() -> None:
        before = sys.stdin, sys.stdout, sys.stderr
        lost = _guard_streams()
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        finally:
            failure = lost()
            sys.stdin, sys.stdout, sys.stderr = before
        sys.exit(code or 1 if failure else code)  # type: ignore[arg-type] # as sys.exit took it

    return guarded


class ForgivingFile(io.RawIOBase):
    """A descriptor to write to; what it does not take is dropped, and the first reason kept.

    Args:
        descriptor: open.
        broken: the reason that nothing will be taken, where it is known beforehand.
    """

    def __init__(self, descriptor: int, broken: OSError | None = None) -> None:
        super().__init__()
        self.failure: OSError | None = None
        self._descriptor = descriptor
        self._broken = broken

    def fileno(self) -> int:
        """Give the descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Tell whether it is a terminal."""
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: object, /) -> int:
        """Write bytes; never raises."""
        view = memoryview(data)  # type: ignore[arg-type] # typeshed's name for it is private
        if self.failure is None:
            try:
                return self._write(view)
            except OSError as error:
                self.failure = error
        return len(view)

    def _write(self, view: memoryview) -> int:
        if self._broken is not None:
            raise self._broken
        while True:
            try:
                return os.write(self._descriptor, view)
            except BlockingIOError:  # a pipe that somebody else made non-blocking
                select.select([], [self._descriptor], [])


def text_stream(
    raw: ForgivingFile, encoding: str | None, *, line_buffering: bool
) -> io.TextIOWrapper:
    """Make a text stream that takes every character."""
    codecs.register_error(ESCAPE, _escape)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=encoding or "utf-8",
        errors=ESCAPE,
        line_buffering=line_buffering,
    )


def stderr_copy() -> io.TextIOWrapper:
    """Open a copy of stderr, which stays the terminal when an engine turns stderr into its log."""
    try:
        descriptor, broken = os.dup(STDERR), None
    except OSError as error:
        descriptor, broken = os.open(os.devnull, os.O_WRONLY), error
    encoding = getattr(sys.stderr, "encoding", None)
    return text_stream(_Owned(descriptor, broken), encoding, line_buffering=True)


class _Owned(ForgivingFile):
    """One whose descriptor is closed with it."""

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self.fileno())


def _guard_streams() -> Callable[[], bool]:
    """Put safe streams in the place of sys.stdin, sys.stdout and sys.stderr.

    Returns:
        Flushes them, says what could not be printed, and says whether something could not.
    """
    # A file that is opened later must not get the number of a closed output, and its text.
    while (lowest := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        os.set_inheritable(lowest, True)
    os.close(lowest)
    if sys.stdin is None:
        sys.stdin = open(STDIN, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
    outputs = []
    for name, descriptor in (("stdout", STDOUT), ("stderr", STDERR)):
        stream: TextIO | None = getattr(sys, name)
        if stream is not None and not _leads_to(stream, descriptor):
            continue  # a test's or a caller's own
        broken = OSError(errno.EBADF, os.strerror(errno.EBADF)) if stream is None else None
        raw = ForgivingFile(descriptor, broken)
        lines = descriptor == STDERR or raw.isatty()
        encoding = stream.encoding if stream is not None else None
        setattr(sys, name, text_stream(raw, encoding, line_buffering=lines))
        if descriptor == STDOUT:
            outputs.append(raw)

    def lost() -> bool:
        sys.stdout.flush()
        reasons = [raw.failure for raw in outputs if raw.failure is not None]
        reasons = [reason for reason in reasons if reason.errno != errno.EPIPE]
        for reason in reasons:
            sys.stderr.write(
                f"error: what was to be printed is lost ({reason})\n"
                "  hint: stdout is closed or full; what was written to files is there\n"
            )
        sys.stderr.flush()
        return bool(reasons)

    return lost


def _leads_to(stream: TextIO, descriptor: int) -> bool:
    try:
        return stream.fileno() == descriptor
    except (OSError, ValueError):  # it has none, or is closed
        return False


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    # Letters beyond 16 bits as JSON has them: a pair of surrogates.
    units = text.encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in pairs), error.end
