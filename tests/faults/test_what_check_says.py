"""Faulty files, one folder a fault, and what ``harness check`` says of each.

A folder ``<kind>/<fault>/`` holds what is laid over the suite ``prompts/titles`` of the fixture
``project`` (``datasets/`` over its data), and ``expected.txt``: the errors, and the exit code.
After a change of messages, or for a new fault:

    WRITE_EXPECTED=1 pytest tests/faults

writes every ``expected.txt`` again; what git then shows as changed is to be read.
"""

import os
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FAULTS = sorted(path.relative_to(HERE) for path in HERE.glob("[a-z]*/*") if path.is_dir())
NO_ERROR = ("note: ", "warning: ")


def errors_of(text):
    """Leave out what is no error, with the lines below it, and the last line, which counts."""
    kept, keeping = [], True
    for line in text.splitlines()[:-1]:
        if not line.startswith(" "):
            keeping = not line.startswith(NO_ERROR)
        if keeping:
            kept.append(line)
    return "".join(f"{line}\n" for line in kept)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_told_with_its_file_and_line(project, harness, fault):
    suite = project / "prompts" / "titles"
    ours = shutil.ignore_patterns("expected.txt", "datasets")
    shutil.copytree(HERE / fault, suite, dirs_exist_ok=True, ignore=ours)
    if (HERE / fault / "datasets").is_dir():
        shutil.copytree(HERE / fault / "datasets", project / "datasets", dirs_exist_ok=True)
    done = harness("check", "prompts/titles", cwd=project)
    said = done.stderr + errors_of(done.stdout) + f"exit {done.returncode}\n"
    said = said.replace(str(project), "PROJECT")
    assert "Traceback" not in said
    assert "a fault of harness" not in said
    expected = HERE / fault / "expected.txt"
    if os.environ.get("WRITE_EXPECTED"):
        expected.write_text(said, encoding="utf-8")
        pytest.skip("written")
    assert said == expected.read_text(encoding="utf-8")
