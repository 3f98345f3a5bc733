"""A run's progress on stderr: a bar on a terminal, a line now and then elsewhere.

The seconds tick in a thread of their own, since the work may keep this one busy for minutes.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from harness.cli.streams import stderr_copy
from harness.report.escape import visible

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Task

LINE_SECONDS = 10.0
"""How long nothing is said off a terminal."""
_LOOK_SECONDS = 0.2


class RunProgress:
    """Shows what a run does; a context manager.

    It writes to a copy of stderr that is made before a model starts, because an engine turns the
    process's own stdout and stderr into its log for as long as it lives.

    Args:
        brief: off a terminal, say nothing of what is over soon.
        line_seconds: off a terminal, how long nothing is said.
    """

    def __init__(self, *, brief: bool = False, line_seconds: float = LINE_SECONDS) -> None:
        self._file = stderr_copy()
        self._console = Console(file=self._file)
        self._brief = brief
        self._line_seconds = line_seconds
        self._stage = _Stage("", None)
        self._counts: tuple[int, int] | None = None
        self._began = time.monotonic()
        self._first: tuple[float, int] | None = None
        self._last_line = self._began
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._bar = self._make_bar() if self._console.is_terminal else None
        self._ticking = threading.Thread(target=self._tick, name="harness-progress", daemon=True)

    def __enter__(self) -> RunProgress:
        if self._bar:
            self._bar.start()  # has a thread of its own
        else:
            self._ticking.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._bar:
            self._bar.stop()
        else:
            self._ticking.join()
        self._file.close()

    def stage(self, text: str, log: Path | None = None) -> None:
        """Say what begins now, and in which file one can follow it."""
        self._stage = _Stage(visible(text), log)
        self._first = None
        if self._bar:
            self._bar.update(self._task, stage=self._stage)
        elif not self._brief:
            self._line(self._stage.line(self._stage.began))

    def tell(self, text: str) -> None:
        """Say something in a line that stays."""
        if self._bar:
            self._console.print(Text(visible(text)), soft_wrap=True)
        else:
            self._line(visible(text))

    def so_far(self, text: str) -> None:
        """Say how much of what goes on is done, where nobody knows how much there is."""
        self._stage.so_far = text

    def advance(self, done: int, total: int) -> None:
        """Say to how many requests there is a completion, or why there is none."""
        now = time.monotonic()
        if self._first is None:
            self._first = (now, done)
        seconds, count = now - self._first[0], done - self._first[1]
        rate = count / seconds if seconds > 0 else 0.0
        self._counts = (done, total)
        if self._bar:
            self._bar.update(self._task, completed=done, total=total, rate=rate)
        elif done == total or now - self._last_line > self._line_seconds:
            left = f", {(total - done) / rate:.0f} s left" if rate and done < total else ""
            pace = f" ({rate:.1f}/s{left})" if rate else ""
            self._line(f"{done}/{total} requests{pace}")

    def _make_bar(self) -> Progress:
        bar = Progress(
            SpinnerColumn(),
            _StageColumn(table_column=Column(no_wrap=True)),
            _Counted(BarColumn()),
            _Counted(MofNCompleteColumn()),
            _Counted(TaskProgressColumn()),
            _Counted(_Rate()),
            _Counted(TimeRemainingColumn()),
            console=self._console,
            transient=True,
            # Otherwise rich puts itself in the place of sys.stdout and sys.stderr, and what an
            # engine says there would get past its log to the terminal.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = bar.add_task("", total=None, stage=self._stage)
        return bar

    def _tick(self) -> None:
        """Say off a terminal, every ten seconds in which nothing else is said, what goes on."""
        while not self._over.wait(_LOOK_SECONDS):
            now = time.monotonic()
            if now - self._last_line >= self._line_seconds:
                done, total = self._counts or (0, 0)
                count = f" · {done}/{total} requests" if done < total else ""
                self._line(f"{self._stage.line(now)}{count}")

    def _line(self, text: str) -> None:
        with self._writing:
            self._last_line = time.monotonic()
            self._file.write(f"[{self._last_line - self._began:6.1f} s] {text}\n")
            self._file.flush()


class _Stage:
    """What goes on, since when, and where one can follow it."""

    def __init__(self, text: str, log: Path | None) -> None:
        self.began = time.monotonic()
        self.log = log
        self.so_far = ""
        self._text = text

    def line(self, now: float) -> str:
        """Put it into a line, with its seconds where there are some."""
        seconds = int(now - self.began)
        parts = [self._text, *([self.so_far] if self.so_far else [])]
        if seconds:
            parts.append(f"{seconds} s" if seconds < 120 else f"{seconds // 60} min")
        if self.log is not None:
            parts.append(f"log: {_from_here(self.log)}")
        return visible(" · ".join(parts))  # names are a stranger's


def _from_here(path: Path) -> Path:
    """Shorten a path that lies below the working directory."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


class _StageColumn(ProgressColumn):
    """What goes on, with the seconds ticking."""

    def render(self, task: Task) -> Text:
        """Show the stage."""
        return Text(task.fields["stage"].line(time.monotonic()))


class _Counted(ProgressColumn):
    """A column that is empty while a model starts: its log's name takes the room."""

    def __init__(self, column: ProgressColumn) -> None:
        super().__init__()
        self._column = column

    def render(self, task: Task) -> object:  # type: ignore[override] # whatever rich can render
        """Show the column."""
        return Text() if task.fields["stage"].log is not None else self._column(task)


class _Rate(TextColumn):
    """Completions a second, once there are some."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        self.text_format = f"{task.fields.get('rate', 0.0):.1f}/s" if task.completed else ""
        return super().render(task)
