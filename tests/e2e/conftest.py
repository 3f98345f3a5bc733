"""An engine whose answers a test writes, and which keeps what it was asked."""

import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.engines.protocol import ENGINES, ImageWork, bounded, failed
from harness.records import Completion, Request


@dataclass
class Script:
    """What the engine answers, and what it was asked."""

    answer: Callable[[Request], str | None] = lambda request: f"A dish for {request.key[:6]}"
    """Gives a request's text; None where it is to fail."""
    asked: list[Request] = field(default_factory=list)
    """In their order. Unlike a completion's key they have a draw's seed and place in it."""


class ScriptedEngine:
    """Answers one request at a time as ``script`` says."""

    neutral_args = frozenset()
    sampling = None
    defaults = {}  # noqa: RUF012 (nobody adds to it)
    script = Script()

    @staticmethod
    def check_installed(config) -> None:
        pass

    def __init__(self, config, *, log: Path):
        self._config = config

    async def start(self) -> None:
        pass

    def generate(self, requests: AsyncIterator[Request]) -> AsyncIterator[Completion]:
        return bounded(requests, self._answer, 1)

    async def image_work(self) -> ImageWork:
        return ImageWork(0, 0, 0)

    async def close(self) -> None:
        pass

    async def _answer(self, request: Request) -> Completion:
        self.script.asked.append(request)
        text = self.script.answer(request)
        if text is None:
            return failed(request, "the script says so", time.perf_counter())
        made = datetime.now(UTC).isoformat(timespec="seconds")
        return Completion(key=request.key, text=text, finish_reason="stop", made_at=made)


@pytest.fixture
def run(project, harness):
    """Run the suite of the project and give the summary."""

    def run(*words):
        done = harness("run", "prompts/titles", "--json", *words, cwd=project)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def script(project, monkeypatch) -> Script:
    """Have the project's suite asked of an engine that does what this says."""
    monkeypatch.setitem(ENGINES, "scripted", f"{__name__}:ScriptedEngine")
    monkeypatch.setattr(ScriptedEngine, "script", Script())
    suite = project / "prompts/titles/suite.yaml"
    suite.write_text(suite.read_text().replace("engine: fake", "engine: scripted"))
    return ScriptedEngine.script


@pytest.fixture
def told(project, harness):
    """Call a verb that prints JSON."""

    def told(*words):
        done = harness(*words, "--json", cwd=project)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return told
