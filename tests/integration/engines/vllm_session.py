"""One life of the vLLM engine, in a process of its own; writes what happened as JSON.

Usage: vllm_session.py LOG REPORT
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import sys
from contextlib import aclosing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from asking import (
    BEAMS,
    SMALL,
    STOPS,
    config,
    hopeless,
    images,
    questions,
    request,
    stream,
    too_narrow,
    with_special_tokens,
)

from harness.engines.vllm import VllmEngine
from harness.errors import EngineError
from harness.executors.local import process_for
from harness.records import Completion, Decoding, Request

if TYPE_CHECKING:
    from harness.executors.local_environment import BorrowedEnvironment

FORMS = (
    {"choice": ["Zabaglione", "Stargazy Pie"]},
    {"regex": "[A-Z][a-z]{3,9} (Soup|Cake)"},
    {
        "json": {
            "type": "object",
            "properties": {"title": {"type": "string", "maxLength": 12}},
            "required": ["title"],
            "additionalProperties": False,
        }
    },
)


async def answers(engine: VllmEngine, requests: list[Request]) -> list[Completion]:
    return [completion async for completion in engine.generate(stream(requests))]


async def refusal(engine: VllmEngine, decoding: Decoding) -> str:
    try:
        await answers(engine, [request("refused", images(1)[0], "x", decoding)])
    except EngineError as error:
        return str(error)
    return "nothing was raised"


async def in_form(engine: VllmEngine, form: dict[str, object]) -> list[str]:
    """Ask for titles in a form that the demo model would not choose by itself."""
    params = {"temperature": 0, "max_tokens": 48, "structured_outputs": form}
    decoding = Decoding(name="formed", params=params)
    asked = [replace(request, decoding=decoding) for request in questions(3)]
    return [completion.text for completion in await answers(engine, asked)]


async def interrupted(engine: VllmEngine) -> list[Completion]:
    """Send Ctrl-C to the whole process group, as a terminal does, while requests are answered."""
    long = Decoding(name="long", params={"temperature": 0, "max_tokens": 100, "min_tokens": 100})
    loop = asyncio.get_running_loop()
    came = asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, came.set)
    loop.call_later(0.1, os.killpg, 0, signal.SIGINT)
    found = await answers(engine, [replace(asked, decoding=long) for asked in questions(4)])
    await asyncio.wait_for(came.wait(), 10)
    loop.remove_signal_handler(signal.SIGINT)
    return found


def beams(**params: object) -> Decoding:
    return Decoding(name="beams", params={**BEAMS.params, **params})


async def cancelled(engine: VllmEngine) -> int:
    """Give up beam searches that are under way; count what vLLM is left to do."""
    long = beams(min_tokens=100, max_tokens=100)
    async with aclosing(engine.generate(stream(questions(2, long)))) as answered:
        waiting = asyncio.ensure_future(anext(answered))
        while not engine._llm.get_num_unfinished_requests():
            await asyncio.sleep(0.02)
        waiting.cancel()
        await asyncio.wait({waiting})
    return int(engine._llm.get_num_unfinished_requests())


async def ask(log: Path, process: BorrowedEnvironment) -> dict[str, object]:
    engine = VllmEngine(config("vllm", args=SMALL), log=log)
    try:
        await engine.start()
        process.settle()
        os.write(1, b"from the parent's descriptor\n")
        first = questions(12)
        bad = hopeless(log.parent)
        searched = questions(12, BEAMS)
        searched[4:4] = [replace(one, decoding=BEAMS) for one in bad]
        report: dict[str, object] = {
            "completions": [asdict(c) for c in await answers(engine, first[:4] + bad + first[4:])],
            "odd": [
                asdict(c)
                for c in await answers(
                    engine, [*with_special_tokens(), *too_narrow(log.parent), first[4]]
                )
            ],
            "again": [asdict(c) for c in await answers(engine, first[:2])],
            "beams": [asdict(c) for c in await answers(engine, searched)],
            "one beam": [
                asdict(c) for c in await answers(engine, questions(12, beams(num_beams=1)))
            ],
            "stopped beams": [
                asdict(c) for c in await answers(engine, questions(4, beams(stop=STOPS)))
            ],
            "left of cancelled beams": await cancelled(engine),
            "forms": [[form, await in_form(engine, form)] for form in FORMS],
            "interrupted": [asdict(c) for c in await interrupted(engine)],
            "unknown": await refusal(engine, Decoding(name="odd", params={"temprature": 0})),
            "invalid": await refusal(engine, Decoding(name="cold", params={"temperature": -1})),
            "children alive": [child.name for child in multiprocessing.active_children()],
        }
    finally:
        await engine.close()
        await engine.close()
    return report


async def life(log: Path) -> dict[str, object]:
    environment = dict(os.environ)
    with process_for(VllmEngine, log, redirect=True) as process:
        report = await ask(log, process)
    report["children closed"] = [child.name for child in multiprocessing.active_children()]
    report["environment kept"] = dict(os.environ) == environment
    return report


if __name__ == "__main__":
    print("before", flush=True)  # noqa: T201 (the test looks at this process's stdout)
    found = asyncio.run(life(Path(sys.argv[1])))
    Path(sys.argv[2]).write_text(json.dumps(found))
    print("after")  # noqa: T201
