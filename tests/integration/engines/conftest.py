from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from filelock import FileLock

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
def vllm_session(tmp_path_factory, worker_id) -> VllmSession:
    """What one start of vLLM in a process of its own did: it takes most of a minute.

    pytest's own processes share it.
    """
    pytest.importorskip("vllm")
    if worker_id == "master":
        return live(tmp_path_factory.mktemp("vllm"))
    kept = tmp_path_factory.getbasetemp().parent / "vllm_session.json"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            kept.write_text(json.dumps(asdict(live(tmp_path_factory.mktemp("vllm")))))
    return VllmSession(**json.loads(kept.read_text()))


def live(folder: Path) -> VllmSession:
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
