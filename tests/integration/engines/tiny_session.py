"""One life of the vLLM engine with a tiny checkpoint; writes the completions as JSON.

Usage: tiny_session.py FAMILY CHECKPOINT PICTURES LOG REPORT
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from asking import stream
from idefics2_cases import pictures, requests
from tiny_families import model

from harness.engines.vllm import VllmEngine


async def life(family: str, checkpoint: Path, folder: Path, log: Path) -> list[dict[str, object]]:
    engine = VllmEngine(model(family, "vllm", checkpoint), log=log)
    await engine.start()
    try:
        return [asdict(c) async for c in engine.generate(stream(requests(pictures(folder))))]
    finally:
        await engine.close()


if __name__ == "__main__":
    checkpoint, folder, log, target = map(Path, sys.argv[2:])
    target.write_text(json.dumps(asyncio.run(life(sys.argv[1], checkpoint, folder, log))))
