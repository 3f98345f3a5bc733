"""A life of the vLLM engine for each tiny checkpoint; writes the completions of each as JSON.

Usage: tiny_session.py FOLDER PICTURES FAMILY...

FOLDER/FAMILY/model is a checkpoint; report.json, or failure.txt, comes to lie beside it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

from asking import stream
from idefics2_cases import pictures, requests
from tiny_families import model

from harness.engines.vllm import VllmEngine
from harness.executors.local import process_for


async def life(family: str, root: Path, folder: Path) -> list[dict[str, object]]:
    engine = VllmEngine(model(family, "vllm", root / "model"), log=root / "engine.log")
    await engine.start()
    try:
        return [asdict(c) async for c in engine.generate(stream(requests(pictures(folder))))]
    finally:
        await engine.close()


if __name__ == "__main__":
    for family in sys.argv[3:]:
        root = Path(sys.argv[1]) / family
        try:
            with process_for(VllmEngine, root / "engine.log", redirect=True):
                found = asyncio.run(life(family, root, Path(sys.argv[2])))
            (root / "report.json").write_text(json.dumps(found))
        except Exception:  # noqa: BLE001 (the other families are to be seen, too)
            (root / "failure.txt").write_text(traceback.format_exc())
