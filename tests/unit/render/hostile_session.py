"""Tries each prompt of a group of ``hostile.py``, as a run would.

Usage: hostile_session.py FOLDER GROUP

All of a group are tried in this process, in FOLDER, each with as much processor time and memory as
a prompt may take. A line of JSON stands before each, and one behind it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from hostile import GROUPS, SECRET, Attack

from harness.config.load import load_variants
from harness.config.problems import Problems
from harness.errors import ConfigErrors, HarnessError
from harness.pipeline.asking.refusals import refuse_steps
from harness.postprocess import predict
from harness.records import Completion, FilePlace, MediaRef, Sample, TextPart
from harness.render import Renderer

SECONDS = 10
"""Of processor time for one prompt; on a quiet machine the slowest takes two."""
MEGABYTES = 600
"""More than the interpreter has before the first prompt."""


def tried(attack: Attack, folder: Path) -> str:
    """Do with a prompt what a run does; give the text that is sent, or the prediction.

    Raises:
        HarnessError: it is refused.
    """
    folder.mkdir(parents=True)
    for name, text in attack.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        if text.startswith("→ "):
            (folder / name).symlink_to(text.removeprefix("→ "))
        else:
            (folder / name).write_text(text, encoding="utf-8")
    lines = "".join(f"  {line}\n" for line in attack.user.split("\n"))
    text = attack.yaml if attack.yaml is not None else f"user: |\n{lines}"
    (folder / "v.yaml").write_text(text, encoding="utf-8")
    picture = MediaRef(place=FilePlace(path="a.png"), sha256="a" * 64, width=4, height=4)
    metadata = {"title": "Soup", "list": ["a"], "n": 3, **attack.metadata}
    sample = Sample(id="s1", media=(picture,), references=(SECRET,), metadata=metadata)
    before = json.dumps(metadata)
    variant = load_variants(folder, "v")[0]
    problems = Problems()
    refuse_steps(variant, problems)
    problems.raise_any()
    rendered = Renderer(variant).render(sample)
    assert json.dumps(metadata) == before, "the sample was changed"
    if attack.answer is not None:
        completion = Completion(key="k", text=attack.answer, finish_reason="stop")
        return predict(completion, variant.postprocess).value or ""
    return "".join(p.text for m in rendered.messages for p in m.parts if isinstance(p, TextPart))


def main(root: Path, group: str) -> None:
    """Try each prompt of a group."""
    tried(Attack(user="{{ id }}"), root / "prompts" / "first")  # what is made once
    (root / "secret.txt").write_text(SECRET)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (used + MEGABYTES * 1_000_000, most))
    for i, (name, attack) in enumerate(GROUPS[group].items()):
        print(json.dumps({"begins": name}), flush=True)  # noqa: T201
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + SECONDS + 1, hard))
        begin = time.process_time()
        refused: str | None = None
        gave: str | None = None
        try:
            gave = tried(attack, root / "prompts" / f"{group}{i}")
        except ConfigErrors as error:
            refused = str(error.problems[0])
        except HarnessError as error:
            refused = str(error)
        seconds = time.process_time() - begin
        result = {"name": name, "refused": refused, "gave": gave, "seconds": seconds}
        print(json.dumps(result), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
