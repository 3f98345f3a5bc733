"""The harness's engine loop against ``LLM.chat`` on large photos: ``python benchmarks/feed.py``.

All sides ask the same random Qwen2-VL (of prompt_sharing.py) one question about each of many JPEGs
of 12 megapixels, with the same engine arguments and the same limit on the picture's area. *harness*
plans the dataset and streams it through the engine as ``harness run`` does. The others hand
``LLM.chat`` all conversations at once: *files* with images as file URLs, which vLLM opens itself;
*pictures* as the peers do it, with pictures that it opens first. Each side runs in a process of its
own; the clock starts with a warm engine. Memory is that of the process and its children, sampled
while the clock runs, above what the warm engine takes.

A picture of 12 megapixels is 48 MB in memory once it is opened: *pictures* is left out where all of
them would fill more than half of the machine's free memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import psutil
from PIL import Image
from prompt_sharing import CONTEXT, forget_all, write_model, write_suite

from harness.config.load import load_suite
from harness.demo.dishes import choose_dish
from harness.demo.draw import draw_dish
from harness.engines.description import load_description
from harness.engines.vllm import ENVIRONMENT, VllmEngine
from harness.executors.local import process_for
from harness.executors.local_output import OutputToFile
from harness.pipeline.asking.plan import Choice, make_plan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from harness.records import Request

SIZE = (4000, 3000)
DECODED = SIZE[0] * SIZE[1] * 4
WARM_UP = 4
"""Images asked about before the clock starts, and emptied from all caches."""


class Memory:
    """The most memory that this process and its children take, in bytes, while it is open."""

    def __init__(self) -> None:
        self.peak = self._now()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            self.peak = max(self.peak, self._now())

    def _now(self) -> int:
        this = psutil.Process()
        return sum(int(process.memory_info().rss) for process in [this, *this.children(True)])


@cache
def grain() -> Image.Image:
    """Make the grain of a camera's picture; making it takes longer than all the rest."""
    return Image.effect_noise(SIZE, 24).convert("RGB")


def write_photo(path: str, number: int) -> None:
    """Draw a dish and give it grain."""
    dish = draw_dish(choose_dish(Random(number)), number).resize(SIZE, Image.Resampling.BICUBIC)
    Image.blend(dish, grain(), 0.1).save(path, quality=85)


def write_photos(root: Path, images: int) -> None:
    """Put large photos in the place of a project's small ones."""
    paths = [str(root / "datasets" / "photos" / f"{number}.jpg") for number in range(images)]
    with ProcessPoolExecutor() as pool:
        list(pool.map(write_photo, paths, range(images)))


async def harness_side(root: Path) -> dict[str, float]:
    """Answer the suite's requests by our engine."""
    plan = make_plan(load_suite(root / "prompts" / "sharing"), Choice())
    requests = [planned.request for planned in plan.requests()]
    [config] = plan.suite.models
    engine = VllmEngine(config, log=root / "log")

    async def answer(some: list[Request]) -> None:
        async def feed() -> AsyncIterator[Request]:
            for request in some:
                yield request

        async for completion in engine.generate(feed()):
            assert completion.error is None, completion.error
            assert completion.completion_tokens == 12

    try:
        await engine.start()
        await answer(requests[:WARM_UP])
        await forget_all(engine)
        with Memory() as memory:
            warm = memory.peak
            began = time.perf_counter()
            await answer(requests)
            seconds = time.perf_counter() - began
    finally:
        await engine.close()
    return {"seconds": seconds, "grown": memory.peak - warm, "warm": warm}


def chat_side(root: Path, *, opened: bool) -> dict[str, float]:
    """Hand vLLM the same questions, all at once."""
    output = OutputToFile(root / "log")
    output.start()
    plan = make_plan(load_suite(root / "prompts" / "sharing"), Choice())
    [config] = plan.suite.models
    load_description(config)
    from vllm import LLM, SamplingParams

    args: dict[str, Any] = {**VllmEngine.defaults, **config.args}
    del args["in_flight"]
    sides = {
        "shortest_edge": config.image["min_pixels"],
        "longest_edge": config.image["max_pixels"],
    }
    llm = LLM(
        model=config.model,
        allowed_local_media_path=str(root),
        mm_processor_kwargs={"size": sides},
        **args,
    )
    requests = [planned.request for planned in plan.requests()]

    def conversations(some: list[Request]) -> list[Any]:
        return [
            [
                {
                    "role": "user",
                    "content": [image(request), {"type": "text", "text": words(request)}],
                }
            ]
            for request in some
        ]

    def image(request: Request) -> dict[str, object]:
        path = Path(request.rendered.media[0].name)
        if opened:
            return {"type": "image_pil", "image_pil": Image.open(path).convert("RGB")}
        return {"type": "image_url", "image_url": {"url": path.as_uri()}}

    params = SamplingParams(**requests[0].decoding.params)
    llm.chat(conversations(requests[:WARM_UP]), params, use_tqdm=False)
    assert llm.reset_prefix_cache()
    llm.reset_mm_cache()
    with Memory() as memory:
        warm = memory.peak
        began = time.perf_counter()
        outputs = llm.chat(conversations(requests), params, use_tqdm=False)
        seconds = time.perf_counter() - began
    assert all(len(output.outputs[0].token_ids) == 12 for output in outputs)
    output.stop()
    return {"seconds": seconds, "grown": memory.peak - warm, "warm": warm}


def words(request: Request) -> str:
    """Give the words of a request, without its image."""
    [message] = request.rendered.messages
    return "".join(part.text for part in message.parts if hasattr(part, "text"))


def be_side(name: str, folder: str) -> None:
    """Be one side; the last line on stdout is its figures."""
    root = Path(folder)
    replies = os.fdopen(os.dup(1), "w")
    if name == "harness":
        with process_for(VllmEngine, root / "log", redirect=True):
            figures = asyncio.run(harness_side(root))
    else:
        figures = chat_side(root, opened=name == "pictures")
    replies.write(json.dumps(figures) + "\n")


def ask_side(name: str, root: Path) -> dict[str, float]:
    """Let a side answer everything once."""
    command = [sys.executable, __file__, "--side", name, str(root)]
    environment = ENVIRONMENT | os.environ
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    if done.returncode:
        sys.exit(done.stderr.decode()[-3000:])
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{name:8}{figures['seconds']:9.1f} s, {figures['grown'] / 1e6:8,.0f} MB more than "
        f"{figures['warm'] / 1e6:,.0f}",
        flush=True,
    )
    return figures


def main() -> None:
    """Compare the sides at growing numbers of images."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, nargs="+", default=[50, 200, 2000])
    parser.add_argument("--tokens", type=int, default=400, help="of an image; a square number")
    parser.add_argument("--side", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        be_side(*given.side)
        return
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        write_model(model)
        for images in given.images:
            with tempfile.TemporaryDirectory(dir=folder) as place:
                root = Path(place)
                (root / "model").symlink_to(model)
                args = {
                    "max_model_len": CONTEXT,
                    "limit_mm_per_prompt": {"image": 1},
                    "mm_processor_cache_gb": 0.1,  # or its 4 GB would fill, and hide the rest
                }
                write_suite(root, images=images, tokens=given.tokens, variants=1, args=args)
                write_photos(root, images)
                print(f"\n{images:,} photos of 12 megapixels, {given.tokens} tokens each")
                ours = ask_side("harness", root)
                line = f"{images:6,} photos: {ours['grown'] / 1e6:,.0f} MB"
                for name in ("files", "pictures"):
                    room = psutil.virtual_memory().available / 2
                    if name == "pictures" and images * DECODED > room:
                        line += f"; pictures: they alone would be {images * DECODED / 1e9:.0f} GB"
                        continue
                    theirs = ask_side(name, root)
                    ratio = theirs["seconds"] / ours["seconds"]
                    line += f"; {name} {theirs['grown'] / 1e6:,.0f} MB, throughput {ratio:.2f}"
                lines.append(line)
    print("\nmemory above the warm engine, and the harness's throughput over theirs (aim: 1.3)")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
