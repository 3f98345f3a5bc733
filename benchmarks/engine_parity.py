"""Do vLLM and transformers write the same text? The demo suite on both, greedy, float32.

For each pair that differs it prints both texts. Printed last: the share of equal completions.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent


def completions(engine: str, out: Path) -> dict[tuple[str, str], str]:
    """Run the demo suite by one engine; system and sample → text."""
    run = subprocess.run(
        [
            str(Path(sys.executable).parent / "harness"),
            *("run", "prompts/recipe-titles", "--engine", engine, "--json", "--out", str(out)),
        ],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    lines = (Path(json.loads(run.stdout)["folder"]) / "completions.jsonl").read_text().splitlines()
    return {(line["system"], line["sample_id"]): line["text"] for line in map(json.loads, lines)}


def main() -> None:
    """Compare the two engines."""
    with tempfile.TemporaryDirectory() as folder:
        vllm = completions("vllm", Path(folder))
        transformers = completions("transformers", Path(folder))
    differ = [place for place in vllm if vllm[place] != transformers[place]]
    for system, sample in differ:
        print(f"{system} {sample}")
        print(f"  vllm:         {vllm[system, sample]}")
        print(f"  transformers: {transformers[system, sample]}")
    same = len(vllm) - len(differ)
    print(f"equal completions: {same} of {len(vllm)} = {same / len(vllm):.1%}")


if __name__ == "__main__":
    main()
