from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.records import Completion

SCRIPT = Path(__file__).with_name("vllm_session.py")


@dataclass(frozen=True)
class VllmSession:
    report: dict
    stdout: str
    stderr: str
    log: str

    def completions(self, part: str = "completions") -> dict[str, Completion]:
        return {c["key"]: Completion(**c) for c in self.report[part]}


@pytest.fixture(scope="session")
def vllm_session(tmp_path_factory) -> VllmSession:
    """What one start of vLLM in a process of its own did: it takes most of a minute."""
    pytest.importorskip("vllm")
    folder = tmp_path_factory.mktemp("vllm")
    log, report = folder / "engine.log", folder / "report.json"
    done = subprocess.run(
        [sys.executable, SCRIPT, log, report],
        capture_output=True,
        check=False,
        start_new_session=True,  # it sends Ctrl-C to its own process group
        text=True,
        timeout=400,
    )
    tail = log.read_text()[-4000:] if log.exists() else "no log"
    assert done.returncode == 0, f"{done.stderr}\n{tail}"
    return VllmSession(json.loads(report.read_text()), done.stdout, done.stderr, log.read_text())
