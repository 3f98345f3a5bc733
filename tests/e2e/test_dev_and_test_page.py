"""The how-to on dev and test runs as written, and prints what it says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path


def test_it_runs_as_written(repository, tmp_path):
    page = (repository / "docs" / "how-to" / "dev-and-test.md").read_text()
    for name in ("prompts", "datasets"):
        shutil.copytree(repository / name, tmp_path / name)
    script = "set -e\n" + "".join(re.findall(r"```bash\n(.*?)```", page, re.DOTALL))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = "\n".join(line.rstrip() for line in (done.stdout + done.stderr).split("\n"))
    for shown in re.findall(r"```text\n(.*?)```", page, re.DOTALL):
        assert shown.rstrip("\n") in printed
    for score in (" 0.13", " 0.07 "):
        assert score in done.stdout
