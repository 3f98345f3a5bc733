"""No prompt that a stranger wrote gets out, hangs or grows: each ends in an error with its place.

``hostile.py`` has the prompts. ``hostile_session.py`` tries them, those of a group in a process of
their own with limits on its processor time and memory.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from hostile import GROUPS, SECRET
from hostile_session import SECONDS

INSIDES = re.compile(
    r"\b0x[0-9a-f]{6,}|<(class|function|bound method|module|generator) |/root|uid="
)
"""What shows Python's insides, or the machine's."""


@pytest.mark.parametrize("group", GROUPS)
def test_a_hostile_prompt_is_refused_soon_and_stays_small(tmp_path, group):
    script = Path(__file__).with_name("hostile_session.py")
    done = subprocess.run(
        [sys.executable, script, tmp_path, group],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"{told[-1:]}: {done.stderr[-2000:]}"
    results = {result["name"]: result for result in told if "name" in result}
    assert results.keys() == GROUPS[group].keys()
    for name, attack in GROUPS[group].items():
        result = results[name]
        said = result["refused"] or ""
        assert result["gave"] == attack.gives, name
        if attack.gives is None:
            assert re.match(rf"{tmp_path}/prompts/[^:]+:\d+: ", said), f"{name}: {said}"
        assert not INSIDES.search(said), f"{name}: {said}"
        assert SECRET not in f"{said}{result['gave']}", name
        assert "needs more memory than there is" not in said, name
        assert result["seconds"] < SECONDS, name
    assert not list(tmp_path.rglob("pwned"))


def test_there_are_many_of_each_kind():
    assert {name: len(group) > 10 for name, group in GROUPS.items()} == dict.fromkeys(GROUPS, True)
    assert sum(map(len, GROUPS.values())) > 200


def test_a_suite_of_hostile_prompts_is_checked_to_its_end(project, harness_process):
    """One bad prompt is no reason to miss the rest, and a run of them ends before it asks."""
    suite = project / "prompts" / "titles"
    names = []
    for group in ("escapes", "loops", "sizes", "depths"):
        for i, attack in enumerate(list(GROUPS[group].values())[:12]):
            names.append(f"{group}{i}")
            lines = "".join(f"  {line}\n" for line in attack.user.split("\n"))
            (suite / f"{names[-1]}.yaml").write_text(f"user: |\n{lines}", encoding="utf-8")
    text = (suite / "suite.yaml").read_text()
    (suite / "suite.yaml").write_text(text.replace("[plain, title]", json.dumps(names)))
    check = harness_process("check", "prompts/titles", cwd=project, timeout=120)
    run = harness_process("run", "prompts/titles", cwd=project, timeout=120)
    for done in (check, run):
        assert done.returncode == 1
        assert "Traceback" not in done.stdout + done.stderr
    for name in names:
        assert f"prompts/titles/{name}.yaml:2: " in check.stdout, name
    assert not (project / "results").exists() or not list((project / "results").glob("titles/*"))
