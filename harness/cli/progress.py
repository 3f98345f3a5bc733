"""A run's progress on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Task
    from rich.text import Text

LINE_SECONDS = 10.0


class RunProgress:
    """Shows what a run does; a context manager.

    It writes to a copy of stderr that is made before a model starts, because an engine turns the
    process's own stdout and stderr into its log for as long as it lives.
    """

    def __init__(self) -> None:
        self._file = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
        self._console = Console(file=self._file)
        self._bar: Progress | None = None
        if self._console.is_terminal:
            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TaskProgressColumn(),
                _Rate(),
                TimeRemainingColumn(),
                console=self._console,
                transient=True,
                # Otherwise rich puts itself in the place of sys.stdout and sys.stderr, and what an
                # engine says there would get past its log to the terminal.
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._task = self._bar.add_task("", total=None)
        self._began = time.monotonic()
        self._first: tuple[float, int] | None = None
        self._last_line = 0.0

    def __enter__(self) -> RunProgress:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()
        self._file.close()

    def stage(self, text: str) -> None:
        """Say what begins now."""
        if self._bar:
            self._bar.update(self._task, description=text)
        else:
            self._line(text)
        self._first = None

    def advance(self, done: int, total: int) -> None:
        """Say how many completions are there."""
        now = time.monotonic()
        if self._first is None:
            self._first = (now, done)
        seconds, count = now - self._first[0], done - self._first[1]
        rate = count / seconds if seconds > 0 else 0.0
        if self._bar:
            self._bar.update(self._task, completed=done, total=total, rate=rate)
        elif done == total or now - self._last_line > LINE_SECONDS:
            left = f", {(total - done) / rate:.0f} s left" if rate and done < total else ""
            pace = f" ({rate:.1f}/s{left})" if rate else ""
            self._line(f"{done}/{total} completions{pace}")

    def _line(self, text: str) -> None:
        self._last_line = time.monotonic()
        self._file.write(f"[{self._last_line - self._began:6.1f} s] {text}\n")
        self._file.flush()


class _Rate(TextColumn):
    """Completions a second, once there are some."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        self.text_format = f"{task.fields.get('rate', 0.0):.1f}/s" if task.completed else ""
        return super().render(task)
