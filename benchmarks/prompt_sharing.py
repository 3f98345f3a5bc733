"""What asking image by image saves: ``python benchmarks/prompt_sharing.py [--quick]``.

A Qwen2-VL of random weights whose work on the prompt outweighs its writing answers the same
requests in three orders, on the harness's vLLM engine: *image-major*, all prompts of an image next
to each other, as ``harness run`` asks; *prompt-major*, all images for one prompt, then all for the
next; and *separate passes*, the same with every cache emptied before each prompt, as if the model
were started once a prompt (the starts are not counted). vLLM's memory for keys and values, and its
cache of prepared pictures, hold a tenth of the images: of 10,000 photos no machine holds them all.
The orders take turns, and all caches are emptied between them. Prompt tokens, pictures opened,
prepared and encoded are counted where the work is done.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from overhead import forget

from harness.config.load import load_suite
from harness.demo.dishes import choose_dish
from harness.demo.draw import draw_dish
from harness.engines.vllm import GIB, VllmEngine
from harness.executors.local import process_for
from harness.pipeline.asking.plan import Choice, make_plan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from harness.records import Request

DEMO_MODEL = Path(__file__).parent.parent / "harness" / "demo" / "model"
SIDE = 28
"""Pixels along the side of the square of a picture that becomes one token."""
BLOCK = 32
CONTEXT = 1024
PROMPT_TOKENS = 64
"""Room for what stands around the picture."""
HIDDEN, LAYERS, HEADS, KV_HEADS = 512, 8, 8, 2
TEXT = {
    "hidden_size": HIDDEN,
    "intermediate_size": 3 * HIDDEN,
    "num_hidden_layers": LAYERS,
    "layer_types": ["full_attention"] * LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS,
}
VISION = {"depth": 6, "embed_dim": 256, "hidden_size": HIDDEN, "num_heads": 4}
QUESTIONS = (
    "What is the title of this recipe?",
    "Give the dish a short title.",
    "Name the dish and its main ingredients.",
    "What would a cookbook call this?",
    "Describe the dish in one line.",
    "A catchy title for this photo, please.",
    "Write the headline of a food blog about it.",
    "What is on the table?",
    "Which dish is this, and what is in it?",
    "Give a plain name for this meal.",
    "How would a menu list this dish?",
    "What was cooked here?",
)
Case = tuple[int, int, float]
"""Tokens of an image, prompts, and the share of the images that vLLM's caches hold."""
MAIN: Case = (400, 6, 0.1)
CURVE: tuple[Case, ...] = (
    *((tokens, 6, 0.1) for tokens in (64, 144, 256, 576)),
    *((400, variants, 0.1) for variants in (2, 3, 12)),
    *((400, 6, room) for room in (0.5, 3.0)),
)
ORDERS = ("image-major", "prompt-major", "separate passes")


@dataclass(frozen=True, slots=True)
class Pass:
    """All requests answered once."""

    seconds: float
    computed: int
    """Prompt tokens that were not in the prefix cache."""
    asked: int
    """Prompt tokens."""
    decoded: int
    processed: int
    encoded: int


def write_model(folder: Path) -> None:
    """Write a checkpoint of random weights that knows the demo model's words."""
    import torch
    from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration

    shutil.copytree(DEMO_MODEL, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    config = json.loads((folder / "config.json").read_text())
    config["text_config"] |= TEXT
    config["vision_config"] |= VISION
    torch.manual_seed(0)
    model = Qwen2VLForConditionalGeneration(Qwen2VLConfig.from_dict(config))
    model.save_pretrained(folder)


def write_suite(
    root: Path, *, images: int, tokens: int, variants: int, args: dict[str, object]
) -> Path:
    """Write a project: pictures of so many tokens, and so many prompts for each."""
    side = round(tokens**0.5) * SIDE
    pictures = root / "datasets" / "photos"
    pictures.mkdir(parents=True)
    rows = []
    for number in range(images):
        picture = draw_dish(choose_dish(Random(number)), number).resize((side, side))
        picture.save(pictures / f"{number}.jpg", quality=90)
        rows.append(json.dumps({"id": str(number), "image": f"{number}.jpg", "title": "x"}) + "\n")
    (pictures / "samples.jsonl").write_text("".join(rows))
    (root / "datasets" / "photos.yaml").write_text(
        "source: {format: jsonl, path: photos/samples.jsonl}\n"
        "columns: {id: id, image: image, references: [title]}\n"
        "images: {root: photos}\n"
    )
    suite = root / "prompts" / "sharing"
    suite.mkdir(parents=True)
    names = [f"prompt-{number}" for number in range(variants)]
    for name, question in zip(names, QUESTIONS, strict=False):
        (suite / f"{name}.yaml").write_text(f'user: "{{{{ image }}}} {question}"\n')
    config = {
        "dataset": "photos",
        "variants": names,
        "models": [
            {
                "name": "random",
                "engine": "vllm",
                "model": str(root / "model"),
                "image": {"min_pixels": side * side, "max_pixels": side * side},
                "args": args,
                # As long as a title; what random weights write does not end by itself.
                "generation": {"min_tokens": 12, "max_tokens": 12},
            }
        ],
        "metrics": ["exact_match"],
    }
    (suite / "suite.yaml").write_text(json.dumps(config))
    return suite


def sharing_args(room: int, tokens: int) -> dict[str, object]:
    """Give vLLM room for so many images."""
    blocks = -(-(tokens + PROMPT_TOKENS) // BLOCK) * room
    per_token = 2 * LAYERS * KV_HEADS * (HIDDEN // HEADS) * 4
    picture = tokens * 4 * 3 * 2 * 14 * 14 * 4
    """Four patches a token, three colours, two frames, 14 × 14 pixels, 4 bytes."""
    return {
        "max_model_len": CONTEXT,
        "kv_cache_memory_bytes": max(blocks * BLOCK, CONTEXT + 2 * BLOCK) * per_token,
        "mm_processor_cache_gb": (room + 0.5) * picture / GIB,
        "limit_mm_per_prompt": {"image": 1},
    }


async def answer(engine: VllmEngine, requests: Sequence[Request]) -> Pass:
    """Have requests answered in their order."""

    async def feed() -> AsyncIterator[Request]:
        for request in requests:
            yield request

    before = await engine.image_work()
    began = time.perf_counter()
    done = [completion async for completion in engine.generate(feed())]
    seconds = time.perf_counter() - began
    assert all(completion.error is None for completion in done)
    work = await engine.image_work()
    asked = sum(completion.prompt_tokens for completion in done)
    return Pass(
        seconds=seconds,
        computed=asked - sum(completion.cached_tokens for completion in done),
        asked=asked,
        decoded=(work.decoded or 0) - (before.decoded or 0),
        processed=(work.processed or 0) - (before.processed or 0),
        encoded=(work.encoded or 0) - (before.encoded or 0),
    )


async def forget_all(engine: VllmEngine) -> None:
    """Empty all caches, vLLM's and ours of opened pictures."""
    await forget(engine._llm)
    engine._images.cache.clear()


async def pass_in(order: str, engine: VllmEngine, requests: Sequence[Request]) -> Pass:
    """Answer everything in one of the orders."""
    by_prompt = sorted(requests, key=lambda request: request.system)
    if order != "separate passes":
        return await answer(engine, requests if order == "image-major" else by_prompt)
    parts = []
    for system in dict.fromkeys(request.system for request in by_prompt):
        await forget_all(engine)
        parts.append(await answer(engine, [r for r in by_prompt if r.system == system]))
    return Pass(*(sum(getattr(part, name) for part in parts) for name in Pass.__slots__))


async def measure(
    images: int, tokens: int, variants: int, room: float, *, rounds: int, model: Path
) -> dict[str, list[Pass]]:
    """Let the orders take turns on one engine that has room for a share of the images."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "model").symlink_to(model)
        args = sharing_args(round(images * room), tokens)
        suite = write_suite(root, images=images, tokens=tokens, variants=variants, args=args)
        plan = make_plan(load_suite(suite), Choice())
        requests = [planned.request for planned in plan.requests()]
        [config] = plan.suite.models
        engine = VllmEngine(config, log=root / "log")
        passes: dict[str, list[Pass]] = {order: [] for order in ORDERS}
        with process_for(VllmEngine, root / "log", redirect=True):
            try:
                await engine.start()
                await answer(engine, requests[: variants * 2])  # the first ones are slow
                for number in range(rounds):
                    for order in ORDERS if number % 2 else ORDERS[::-1]:
                        await forget_all(engine)
                        passes[order].append(await pass_in(order, engine, requests))
            finally:
                await engine.close()
    shown = ", ".join(f"{order} {seconds(found):.1f} s" for order, found in passes.items())
    print(f"  {tokens} tokens, {variants} prompts, room for {room:.0%}: {shown}", flush=True)
    return passes


def seconds(passes: Sequence[Pass]) -> float:
    """Give the median of the passes' times."""
    return statistics.median(one.seconds for one in passes)


def line(case: Case, passes: dict[str, list[Pass]]) -> str:
    """Say how much longer the other orders take."""
    tokens, variants, room = case
    first = seconds(passes["image-major"])
    ratios = (f"{seconds(passes[order]) / first:{len(order) + 2}.2f}" for order in ORDERS[1:])
    return f"{tokens:12}{variants:9}{room:10.0%}{first:12.1f} s{''.join(ratios)}"


def main() -> None:
    """Measure one case closely, and how it changes with the picture and the prompts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one small case only")
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        write_model(model)

        def run(images: int, case: Case, rounds: int) -> dict[str, list[Pass]]:
            return asyncio.run(measure(images, *case, rounds=rounds, model=model))

        if given.quick:
            closely, curve = run(20, MAIN, 1), {}
        else:
            closely = run(given.images, MAIN, given.rounds)
            curve = {case: run(given.images // 2, case, 1) for case in CURVE}
    if curve:
        print(
            f"\n{'image tokens':>12}{'prompts':>9}{'room':>10}{ORDERS[0]:>14}",
            *ORDERS[1:],
            sep="  ",
        )
    for case, passes in curve.items():
        print(line(case, passes))
    print(f"\n6 prompts, 400 image tokens, medians of {len(closely[ORDERS[0]])} passes")
    print(f"{'':16}{'seconds':>9}{'prompt tokens':>15}{'computed':>10}{'decoded':>9}"
          f"{'processed':>11}{'encoded':>9}")  # fmt: skip
    for order, several in closely.items():
        one = several[-1]
        print(
            f"{order:16}{seconds(several):9.1f}{one.asked:15,}{one.computed:10,}{one.decoded:9,}"
            f"{one.processed:11,}{one.encoded:9,}"
        )
    first = closely["image-major"]
    for order in ORDERS[1:]:
        pairs = zip(closely[order], first, strict=True)
        ratios = sorted(theirs.seconds / ours.seconds for theirs, ours in pairs)
        print(
            f"{order} over image-major: {seconds(closely[order]) / seconds(first):.2f} in wall "
            f"time (by round {ratios[0]:.2f} to {ratios[-1]:.2f}; aim: 3)"
        )


if __name__ == "__main__":
    main()
