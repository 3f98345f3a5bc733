"""What the reliability tests share: a larger project, runs one can watch and stop, the store."""

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

MADE_AT = re.compile(rb'"made_at": "[^"]*", ')

HARNESS = str(Path(sys.executable).parent / "harness")
PATIENCE = 300.0
"""Seconds that a test waits for what must come, on the slowest machine."""


class Run:
    """A ``harness run`` in a process of its own, its stderr a terminal that we read.

    Args:
        words: the command line behind ``harness``.
        cwd: the project.
    """

    def __init__(self, *words: str | Path, cwd: Path):
        self._ours, theirs = os.openpty()
        self.ended = False
        self._screen = b""
        self._changed = threading.Condition()
        # Own session: a signal to it never reaches the tests, and its children die with its group.
        self.process = subprocess.Popen(
            [HARNESS, *map(str, words)],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            env={**os.environ, "COLUMNS": "160", "TERM": "xterm"},
            start_new_session=True,
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def screen(self) -> str:
        """All that was shown on the terminal until now."""
        return self._screen.decode("utf-8", "replace").replace("\r\n", "\n")

    def wait_for(self, pattern: str) -> str:
        """Wait until the terminal has shown something; give what matched.

        The end of the process ends the waiting too: then an empty text is given.
        """
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while not (found := re.search(pattern, self.screen)):
                if not self._reader.is_alive():
                    return ""
                left = deadline - time.monotonic()
                assert left > 0, f"not shown: {pattern}\n{self.screen[-500:]}"
                self._changed.wait(min(left, 0.5))
        return found[0]

    def shown(self, total: int) -> int:
        """How many completions of ``total`` the terminal said were there."""
        counts = re.findall(rf"(\d+)/{total}\b", self.screen)
        return int(counts[-1]) if counts else 0

    def wait_for_shown(self, count: int, total: int) -> bool:
        """Wait until so many completions were shown, or the end of the process; say which."""
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while self.shown(total) < count and self._reader.is_alive():
                left = deadline - time.monotonic()
                assert left > 0, f"not shown: {count}/{total}\n{self.screen[-500:]}"
                self._changed.wait(min(left, 0.5))
        return self.shown(total) >= count

    def signal(self, number: int) -> None:
        """Send a signal to the command alone."""
        self.process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Wait for the end; give the exit status and stdout."""
        try:
            stdout, _ = self.process.communicate(timeout=PATIENCE)
        finally:
            self.ended = True
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self._reader.join(PATIENCE)
            os.close(self._ours)
        return self.process.returncode, stdout

    def kill(self) -> bool:
        """Send SIGKILL to the command; give whether it was still running."""
        self.process.kill()
        code, _ = self.end()
        return code == -signal.SIGKILL

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # EIO: the last one closed it
            while piece := os.read(self._ours, 65536):
                with self._changed:
                    self._screen += piece
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


@pytest.fixture
def started() -> Iterator[Callable[..., Run]]:
    """Start runs that are ended with the test, whatever happens in it."""
    runs: list[Run] = []

    def start(*words, cwd):
        runs.append(Run(*words, cwd=cwd))
        return runs[-1]

    yield start
    for run in runs:
        if not run.ended:
            run.kill()


@pytest.fixture
def enlarge(project) -> Callable[..., Path]:
    """Give the small project more samples, and its stand-in model arguments."""

    def enlarged(samples: int, model: str = "", metrics: str = "[exact_match]") -> Path:
        images = project / "datasets/dishes/images"
        rows = []
        for i in range(samples):
            Image.new("RGB", (8, 8), (i % 256, i // 256, 7)).save(images / f"d{i:04}.png")
            rows.append({"id": f"d{i:04}", "image": f"d{i:04}.png", "title": f"Dish {i}", "n": i})
        lines = "".join(f"{json.dumps(row)}\n" for row in rows)
        (project / "datasets/dishes/samples.jsonl").write_text(lines)
        suite = project / "prompts/titles/suite.yaml"
        text = suite.read_text().replace("[bleu, rouge_l, cider]", metrics)
        suite.write_text(text.replace("model: none", f"model: none{model and ', '}{model}"))
        return project

    return enlarged


@contextmanager
def _opened(store: Path) -> Iterator[sqlite3.Connection]:
    """Open a store by SQLite alone."""
    db = sqlite3.connect(store, timeout=30)
    try:
        yield db
    finally:
        db.close()


def _committed(store: Path) -> dict[str, str]:
    """Key → text, straight from SQLite; nothing before the store was made."""
    if not store.is_file():
        return {}
    with _opened(store) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'completions'").fetchone():
            return {}
        rows = db.execute("SELECT key, text FROM completions").fetchall()
    assert len(rows) == len(dict(rows))
    return dict(rows)


def _newest(results: Path) -> Path:
    """The newest complete run of the only suite."""
    return max(path.parent for path in results.glob("*/*/summary.json"))


def _written(run: Path) -> bytes:
    """A run's completions.jsonl, but for when each completion was made."""
    return MADE_AT.sub(b"", (run / "completions.jsonl").read_bytes())


def _answers(run: Path) -> list[dict]:
    """The lines of a run's completions.jsonl."""
    return [json.loads(line) for line in (run / "completions.jsonl").read_text().splitlines()]


@pytest.fixture(scope="session")
def committed() -> Callable[[Path], dict[str, str]]:
    """Read key → text of a store, straight from SQLite."""
    return _committed


@pytest.fixture(scope="session")
def newest() -> Callable[[Path], Path]:
    """Find the newest complete run of a results folder that has one suite."""
    return _newest


@pytest.fixture(scope="session")
def written() -> Callable[[Path], bytes]:
    """Read a run's completions.jsonl, but for when each completion was made."""
    return _written


@pytest.fixture(scope="session")
def answers() -> Callable[[Path], list[dict]]:
    """Read the lines of a run's completions.jsonl."""
    return _answers


@pytest.fixture(scope="session")
def opened() -> Callable[[Path], contextlib.AbstractContextManager[sqlite3.Connection]]:
    """Open a store by SQLite alone."""
    return _opened


@pytest.fixture
def slow_demo(tmp_path, repository):
    """Copy the demo project, with a real vLLM that answers slowly: few requests, long answers."""

    def copy(*, in_flight, timeout=1800):
        suite = "prompts/recipe-titles"
        for name in (suite, "datasets/recipes-demo"):
            shutil.copytree(repository / name, tmp_path / name)
        shutil.copy(repository / "datasets/recipes-demo.yaml", tmp_path / "datasets")
        (tmp_path / suite / "suite.yaml").write_text(
            f"""
dataset: recipes-demo
variants: [baseline, title-style, descriptive-with-examples]
models:
- name: demo
  engine: vllm
  model: {repository / "harness/demo/model"}
  timeout: {timeout}
  args: {{max_model_len: 2048, kv_cache_memory_bytes: 134217728, in_flight: {in_flight}}}
  generation: {{min_tokens: 40, max_tokens: 48}}
metrics: [exact_match]
""".lstrip()
        )
        return tmp_path

    return copy
