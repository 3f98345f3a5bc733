"""One life of the vLLM engine with a tiny Idefics2; writes logits and texts as JSON.

Usage: idefics2_session.py CHECKPOINT PICTURES LOG REPORT
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from asking import SMALL, stream
from idefics2_cases import CASES, Case, again, config, pictures, requests
from PIL import Image

from harness.engines.vllm import VllmEngine
from harness.executors.local import process_for


async def put(engine: VllmEngine, case: Case, folder: Path, *, prompt: bool = True) -> dict:
    """Ask past the harness, because it gives no logits."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    opened = [Image.open(folder / name) for name in case.images]
    asked: dict[str, Any] = {"prompt": case.text}
    if opened:
        asked |= {
            "multi_modal_data": {"image": opened},
            "mm_processor_kwargs": {"do_image_splitting": case.splitting},
        }
    params = SamplingParams(
        temperature=0,
        max_tokens=4,
        ignore_eos=True,
        prompt_logprobs=8 if prompt else None,
        logprobs=-1,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )
    given = engine._llm.generate(asked, params, f"{case.name} {prompt}")
    [output] = [final async for final in given]
    [answer] = output.outputs
    rows = (output.prompt_logprobs or [])[1:]
    return {
        "prompt": list(output.prompt_token_ids),
        "prompt logits": [{token: found.logprob for token, found in row.items()} for row in rows],
        "tokens": list(answer.token_ids),
        "logits": [[row[token].logprob for token in sorted(row)] for row in answer.logprobs],
        "cached": output.num_cached_tokens,
    }


async def life(checkpoint: Path, folder: Path, log: Path) -> dict[str, object]:
    engine = VllmEngine(
        config(
            "vllm",
            checkpoint,
            **SMALL,
            max_logprobs=-1,
            logprobs_mode="raw_logits",
            mm_processor_kwargs={"do_image_splitting": False},
        ),
        log=log,
    )
    await engine.start()
    try:
        # All at once: one batch of requests with pictures of all sizes.
        found = await asyncio.gather(*(put(engine, case, folder) for case in CASES))
        report: dict[str, object] = {
            "cases": {case.name: one for case, one in zip(CASES, found, strict=True)},
            "again": {
                case.name: await put(engine, case, folder, prompt=False) for case in again(CASES)
            },
        }
        asked = requests(pictures(folder))
        report["completions"] = [asdict(c) async for c in engine.generate(stream(asked))]
    finally:
        await engine.close()
    return report


if __name__ == "__main__":
    checkpoint, folder, log, target = map(Path, sys.argv[1:])
    with process_for(VllmEngine, log, redirect=True):
        found = asyncio.run(life(checkpoint, folder, log))
    target.write_text(json.dumps(found))
