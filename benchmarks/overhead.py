"""What the harness adds to the model, part by part: ``python benchmarks/overhead.py [--quick]``.

``generating``: the demo suite on the demo model, by ``generate`` as ``harness run`` calls it, and
by two loops over ``AsyncLLM`` with the same engine arguments, prompts and number in flight. *bare*
writes the chat text and opens the picture of each request in the loop, in the plainest way; *ready*
is handed texts and opened pictures, so that nothing but vLLM's own work is left. Each side starts
its engine once, in a process of its own; the sides take turns, and answer everything once before
the clock counts. After each pass vLLM's prefix cache and its caches of pictures are emptied; each
of our passes has a new store.

``store``: commits by ``CompletionStore.add``; opening a large store, its check included, and asking
it for as many keys as it has rows, 1,000 at a time as a run does, nine of ten there; file in the
system's cache.

``planning``: CPU time of ``look_up`` for six variants, the demo's pictures under many ids.

``unchanged``: CPU time of ``harness run prompts/recipe-titles`` when nothing has changed.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli.progress import RunProgress
from harness.config.load import load_suite
from harness.dataset.samples import LoadedDataset
from harness.engines.chat import ChatWriter, chat_messages
from harness.engines.description import load_description
from harness.engines.protocol import ENGINES, ImageWork
from harness.engines.vllm import ENVIRONMENT, VllmEngine
from harness.executors.local import process_for
from harness.executors.local_output import OutputToFile
from harness.media import load
from harness.pipeline.asking.generate import agenerate, groups, look_up
from harness.pipeline.asking.plan import Choice, Plan, Planned, make_plan
from harness.records import Completion
from harness.store.completions import GROUP_SIZE, CompletionStore, Entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from PIL import Image

    from harness.records import ModelConfig, Request

REPOSITORY = Path(__file__).parent.parent
SUITE = REPOSITORY / "prompts" / "recipe-titles"
PARTS = ("generating", "store", "planning", "unchanged")
STORE_FILE = "store.sqlite"
CLAIMED_AT_ONCE, LOOKED_UP_AT_ONCE = 32, 1_000
"""As harness.pipeline.asking.generate does."""
IN_FLIGHT = int(VllmEngine.defaults["in_flight"])

Figures = dict[str, Any]
Tokens = tuple[int, int]
"""Written, and taken from the prefix cache."""
Prompt = Callable[[], dict[str, Any]]
"""Gives what vLLM is handed, when it is asked for."""


class KeptEngine:
    """The harness's engine, started once for many runs; stands in for its class too."""

    neutral_args = VllmEngine.neutral_args
    defaults = VllmEngine.defaults

    def __init__(self) -> None:
        self._engine: VllmEngine | None = None

    def __call__(self, config: ModelConfig, *, log: Path) -> KeptEngine:
        """Make the engine, the first time."""
        self._engine = self._engine or VllmEngine(config, log=log)
        return self

    async def start(self) -> None:
        """Start the engine, the first time."""
        assert self._engine
        if self._engine._llm is None:
            await self._engine.start()

    def generate(self, requests: AsyncIterator[Request]) -> AsyncIterator[Completion]:
        """Answer as the engine does."""
        assert self._engine
        return self._engine.generate(requests)

    async def image_work(self) -> ImageWork:
        """Count as the engine does."""
        assert self._engine
        return await self._engine.image_work()

    async def close(self) -> None:
        """Forget what the pass has left in vLLM's caches; the engine goes on."""
        assert self._engine
        await forget(self._engine._llm)

    async def end(self) -> None:
        """End the engine."""
        assert self._engine
        await self._engine.close()


KEPT = KeptEngine()


async def forget(llm: Any) -> None:
    """Empty vLLM's caches of prefixes, prepared pictures and encoded pictures."""
    assert await llm.reset_prefix_cache()
    await llm.reset_mm_cache()
    await llm.reset_encoder_cache()


def cpu_seconds() -> tuple[float, float]:
    """Give the CPU time of this process and that of the model's, which it started."""
    model = 0.0
    for child in multiprocessing.active_children():
        fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
        model += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return time.process_time(), model


def measured(work: Callable[[], tuple[float, Sequence[Tokens]]]) -> Figures:
    """Do a pass that tells its seconds and each answer's tokens, written and cached."""
    before = cpu_seconds()
    seconds, answers = work()
    after = cpu_seconds()
    return {
        "seconds": seconds,
        "requests": len(answers),
        "written": sum(written for written, _ in answers),
        "cached": sum(cached for _, cached in answers),
        "asking": after[0] - before[0],
        "model": after[1] - before[1],
    }


def harness_side(plan: Plan, folder: Path, words: Iterator[str]) -> Iterator[Figures]:
    """Generate the plan as a run does, once a word."""
    ENGINES["vllm"] = f"{__name__}:KEPT"

    def work() -> tuple[float, list[Tokens]]:
        with (
            tempfile.TemporaryDirectory(dir=folder) as new,
            CompletionStore(Path(new) / STORE_FILE) as store,
            RunProgress() as progress,
        ):
            lookup = look_up(plan, store)
            result = runner.run(
                agenerate(
                    plan, store, lookup, max_failures=None, log=folder / "log", progress=progress
                )
            )
            there = [entry.completion for entry in store.all_entries()]
        assert not result.failed
        return result.seconds, [(c.completion_tokens, c.cached_tokens) for c in there]

    # vLLM's client lives in the event loop that it was started in: one loop for all passes.
    with process_for(VllmEngine, folder / "log", redirect=True), asyncio.Runner() as runner:
        for _ in words:
            yield measured(work)
        runner.run(KEPT.end())


def bare_side(plan: Plan, folder: Path, words: Iterator[str]) -> Iterator[Figures]:
    """Ask AsyncLLM for the plan's requests, in the way that the word says."""
    output = OutputToFile(folder / "log")
    output.start()
    [config] = plan.suite.models
    _, processor = load_description(config)
    from vllm import AsyncEngineArgs
    from vllm.v1.engine.async_llm import AsyncLLM

    args = {**VllmEngine.defaults, **config.args}
    del args["in_flight"]
    requests = [planned.request for planned in plan.requests()]
    prepare = {"bare": in_the_loop, "ready": beforehand}

    async def start() -> Any:
        return AsyncLLM.from_engine_args(AsyncEngineArgs(model=config.model, **args))

    with asyncio.Runner() as runner:
        llm = runner.run(start())
        for word in words:
            prompts = prepare[word](requests, processor)
            yield measured(partial(run_in, runner, ask, llm, requests, prompts))
            runner.run(forget(llm))
        llm.output_handler.cancel()
        llm.shutdown(10.0)
        runner.run(asyncio.sleep(0))
    output.stop()


def run_in(runner: asyncio.Runner, work: Callable[..., Any], *given: Any) -> Any:
    """Run a coroutine function in a loop that stays."""
    return runner.run(work(*given))


async def ask(
    llm: Any, requests: Sequence[Request], prompts: Sequence[Prompt]
) -> tuple[float, list[Tokens]]:
    """Ask for everything at once, through a gate that lets so many in; the time and the tokens."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(number: int) -> Tokens:
        params = requests[number].decoding.params
        async with gate:
            async for output in llm.generate(
                prompts[number](),
                SamplingParams(**params, output_kind=RequestOutputKind.FINAL_ONLY),
                f"{time.monotonic_ns()}",
                tokenization_kwargs={"add_special_tokens": False},
            ):
                last = output
        return len(last.outputs[0].token_ids), last.num_cached_tokens

    began = time.perf_counter()
    answers = await asyncio.gather(*(one(number) for number in range(len(requests))))
    return time.perf_counter() - began, answers


def in_the_loop(requests: Sequence[Request], processor: Any) -> list[Prompt]:
    """Leave each chat text to be written and each picture to be opened when it is asked for."""
    from PIL import Image

    def made(messages: Any, path: Path) -> dict[str, Any]:
        text = processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return {"prompt": text, "multi_modal_data": {"image": Image.open(path).convert("RGB")}}

    chats = [chat_messages(request.rendered) for request in requests]
    return [partial(made, messages, Path(ref.name)) for messages, [ref] in chats]


def beforehand(requests: Sequence[Request], processor: Any) -> list[Prompt]:
    """Write all chat texts, open and name all pictures."""

    def made(text: str, picture: Image.Image, uuid: str) -> dict[str, Any]:
        given = {"multi_modal_data": {"image": picture}, "multi_modal_uuids": {"image": [uuid]}}
        return {"prompt": text, **given}

    opened = {ref.sha256: load(ref) for request in requests for ref in request.rendered.media}
    chats = [chat_messages(request.rendered) for request in requests]
    writer = ChatWriter(processor)
    return [
        partial(made, writer.text(messages), opened[ref.sha256], ref.sha256)
        for messages, [ref] in chats
    ]


class Side:
    """One side in a process of its own, which makes a pass whenever it is told to."""

    def __init__(self, name: str, limit: int, repeats: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--side", name, str(limit), str(repeats)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=ENVIRONMENT | os.environ,
        )

    def make_pass(self, word: str) -> Figures:
        """Let it answer everything once."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"'{word}' failed; run {__file__} --side … by hand to see why")
        figures: Figures = json.loads(line)
        return figures

    def end(self) -> None:
        """End it and its engine."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def be_side(name: str, limit: str, repeats: str) -> None:
    """Be one side: a line of figures for each line that comes in."""
    plan = make_plan(load_suite(SUITE), Choice(limit=int(limit), repeats=int(repeats)))
    sides = {"harness": harness_side, "asyncllm": bare_side}
    # The engines' own output goes to a file, descriptors and all.
    replies = os.fdopen(os.dup(1), "w")
    with tempfile.TemporaryDirectory() as folder:
        for figures in sides[name](plan, Path(folder), (line.strip() for line in sys.stdin)):
            replies.write(json.dumps(figures) + "\n")
            replies.flush()


def generating(*, quick: bool, rounds: int, repeats: int = 3) -> list[str]:
    """Let the sides take turns, and compare their medians."""
    size = (40, 1) if quick else (200, repeats)
    ours, theirs = (Side(name, *size) for name in ("harness", "asyncllm"))
    turns = {"harness": ours, "bare": theirs, "ready": theirs}
    passes: dict[str, list[Figures]] = {word: [] for word in turns}
    for number in range(-1, rounds):  # the first is a warm-up
        order = list(turns) if number % 2 else list(turns)[::-1]
        for word in order:
            figures = turns[word].make_pass(word)
            print(f"  pass {number + 1}, {word}: {figures['seconds']:.1f} s", flush=True)
            if number >= 0:
                passes[word].append(figures)
    for side in (ours, theirs):
        side.end()

    def median(word: str, name: str) -> float:
        return statistics.median(float(figures[name]) for figures in passes[word])

    n = median("harness", "requests")
    lines = [
        f"generating: {n:.0f} requests a pass, {IN_FLIGHT} in flight, medians of {rounds} passes",
        f"{'':9}{'seconds':>8}{'per s':>7}{'asking CPU':>12}{'model CPU':>11}"
        f"{'tokens written':>16}{'tokens cached':>15}",
    ]
    lines += [
        f"{word:9}{median(word, 'seconds'):8.2f}{n / median(word, 'seconds'):7.1f}"
        f"{median(word, 'asking'):10.2f} s{median(word, 'model'):9.2f} s"
        f"{median(word, 'written'):16,.0f}{median(word, 'cached'):15,.0f}"
        for word in turns
    ]
    for word in ("bare", "ready"):
        pairs = zip(passes[word], passes["harness"], strict=True)
        ratios = sorted(theirs["seconds"] / ours["seconds"] for theirs, ours in pairs)
        ratio = median(word, "seconds") / median("harness", "seconds")
        lines.append(
            f"throughput of the harness over {word}: {ratio:.3f} "
            f"(by round {ratios[0]:.3f} to {ratios[-1]:.3f}; aim: 0.95)"
        )
    return lines


# --- store ----------------------------------------------------------------------------------------


def store(*, quick: bool, rounds: int) -> list[str]:
    """Measure commits, and a large store."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [commits(Path(folder), 6_400 if quick else 64_000)]
        for rows in (10_000, 100_000) if quick else (100_000, 1_000_000):
            path = Path(folder) / str(rows) / STORE_FILE
            fill(path, rows)
            command = [sys.executable, __file__, "--ask-store", str(path), str(rows)]
            asked = [json.loads(subprocess.check_output(command)) for _ in range(rounds)]
            opened, missing, memory = (
                statistics.median(figures[name] for figures in asked)
                for name in ("opened", "missing", "memory")
            )
            lines.append(
                f"store of {rows:,} rows ({path.stat().st_size / 1e6:,.0f} MB): opened in "
                f"{opened:.2f} s, {rows:,} keys looked up in {missing:.2f} s, together "
                f"{opened + missing:.2f} s (aim: 10); peak memory {memory:.0f} MB"
            )
    return lines


def commits(folder: Path, count: int) -> str:
    """Claim and add completions as a run does."""
    plan = large_plan(count // 6 + 1)
    claiming = adding = 0.0
    with CompletionStore(folder / STORE_FILE) as store:
        for some in groups(islice(plan.requests(), count), GROUP_SIZE):
            began = time.perf_counter()
            for start in range(0, len(some), CLAIMED_AT_ONCE):
                store.claim([p.request.key for p in some[start : start + CLAIMED_AT_ONCE]])
            claimed = time.perf_counter()
            for planned in some:
                store.add(answer(planned), planned.ingredients)
            claiming += claimed - began
            adding += time.perf_counter() - claimed
    return (
        f"store: {count:,} completions added {count / adding:,.0f} a second in groups of "
        f"{GROUP_SIZE} (aim: 5,000), claimed {count / claiming:,.0f} a second in groups of "
        f"{CLAIMED_AT_ONCE}"
    )


def answer(planned: Planned) -> Completion:
    """Give a completion of the usual length."""
    return Completion(
        key=planned.request.key,
        text=f"Roasted Mushroom and Spinach Skillet with Lemon {planned.request.key[:6]}",
        finish_reason="stop",
        prompt_tokens=60,
        completion_tokens=12,
        cached_tokens=32,
        seconds=0.5,
    )


def fill(path: Path, rows: int) -> None:
    """Make a store with as many rows, records included."""

    def entry(number: int) -> Entry:
        made = Completion(
            key=digest(f"key {number}"),
            text=f"Roasted Mushroom and Spinach Skillet with Lemon {number}",
            finish_reason="stop",
            prompt_tokens=60,
            completion_tokens=12,
            cached_tokens=32,
            seconds=0.5,
        )
        names = {name: digest(name) for name in ("messages", "model", "decoding")}
        images = [digest(f"image {number // 6}")]
        return Entry(made, {"version": 1, **names, "images": images, "draw": 0})

    with CompletionStore(path) as store:
        for start in range(0, rows, 100_000):
            store.add_entries((entry(n) for n in range(start, min(start + 100_000, rows))), {})


def digest(text: str) -> str:
    """Give something as long as a key."""
    return hashlib.sha256(text.encode()).hexdigest()


def ask_store(path: Path, rows: int) -> None:
    """Open a store, look up as many keys as it has rows, and print what that took as JSON."""
    began = time.perf_counter()
    with CompletionStore(path) as store:
        opened = time.perf_counter()
        lacking, missing = 0, 0.0
        # Not the keys of the rows in their order: every tenth is new.
        for start in range(0, rows, LOOKED_UP_AT_ONCE):
            numbers = range(start, start + LOOKED_UP_AT_ONCE)
            keys = [digest(f"key {n if n % 10 else -n - 1}") for n in numbers]
            asked = time.perf_counter()
            lacking += len(store.missing(keys))
            missing += time.perf_counter() - asked
    assert lacking == rows // 10
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"opened": opened - began, "missing": missing, "memory": memory}))


# --- planning and an unchanged run ----------------------------------------------------------------


def large_plan(samples: int) -> Plan:
    """Plan six variants of the demo suite for many samples, which share the demo's pictures."""
    suite = load_suite(SUITE)
    more = [replace(v, name=f"{v.name}-2", user=f"{v.user} Be short.") for v in suite.variants]
    plan = make_plan(replace(suite, variants=(*suite.variants, *more)), Choice(engine="fake"))
    few = plan.samples
    many = (replace(few[n % len(few)], id=f"sample-{n:07}") for n in range(samples))
    return replace(plan, dataset=LoadedDataset(samples=tuple(many), dropped=()))


def planning(*, quick: bool, rounds: int) -> list[str]:
    """Take the CPU time of looking a plan up, and of what that consists of."""
    plan = large_plan(1_000 if quick else 20_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / STORE_FILE
        with CompletionStore(path) as store:
            # Otherwise the store would be asked about rows that are not there.
            there = (Entry(answer(p), p.ingredients.record) for p in plan.requests())
            store.add_entries(there, {})

            def render() -> None:
                for sample in plan.samples:
                    for renderer in plan.renderers.values():
                        renderer.render(sample)

            def key() -> None:
                for _ in plan.requests():
                    pass

            def look() -> None:
                assert not look_up(plan, store).missing

            steps = (render, key, look)
            taken = [[cpu_of(step) / plan.size * 1e6 for step in steps] for _ in range(rounds)]
    rendering, keys, all_of_it = map(statistics.median, zip(*taken, strict=True))
    return [
        f"planning: {plan.size:,} requests, {all_of_it:.1f} µs of CPU each: "
        f"rendering {rendering:.1f}, key {keys - rendering:.1f}, store {all_of_it - keys:.1f}"
    ]


def cpu_of(step: Callable[[], None]) -> float:
    """Give the CPU seconds that a step takes."""
    before = time.process_time()
    step()
    return time.process_time() - before


def unchanged(*, quick: bool, rounds: int) -> list[str]:
    """Take the CPU time of a run that finds nothing to do, and see what it imports."""
    plan = make_plan(load_suite(SUITE), Choice())
    command = [str(Path(sys.executable).parent / "harness"), "run", str(SUITE), "--out"]
    with tempfile.TemporaryDirectory() as folder:
        with CompletionStore(Path(folder) / STORE_FILE) as store:
            for planned in plan.requests():
                store.add(answer(planned), planned.ingredients)
        subprocess.run([*command, folder], check=True, capture_output=True)
        seconds = []
        for _ in range(3 if quick else 2 * rounds):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run([*command, folder], check=True, capture_output=True, text=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            assert "nothing has changed" in done.stdout
            seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        listing = [sys.executable, "-X", "importtime", *command, folder]
        said = subprocess.run(listing, check=True, capture_output=True, text=True).stderr
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in said.splitlines()}
    heavy = sorted(imported & {"vllm", "torch", "transformers", "evaluate", "scipy"})
    return [
        f"unchanged run of {plan.size} completions: {statistics.median(seconds):.2f} s of CPU "
        f"(aim: 3); heavy packages imported: {', '.join(heavy) or 'none'}"
    ]


def main() -> None:
    """Measure the parts asked for and print the figures last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all")
    parser.add_argument("--rounds", type=int, help="default: 5, or 2 with --quick")
    parser.add_argument("--quick", action="store_true", help="a fast look at small sizes")
    parser.add_argument("--side", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--ask-store", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        be_side(*options.side)
    elif options.ask_store:
        path, rows = options.ask_store
        ask_store(Path(path), int(rows))
    else:
        measures = {
            "generating": generating, "store": store, "planning": planning, "unchanged": unchanged,
        }  # fmt: skip
        lines: list[str] = []
        for part in options.part or PARTS:
            print(f"{part} …", flush=True)
            rounds = options.rounds or (2 if options.quick else 5)
            lines += measures[part](quick=options.quick, rounds=rounds)
        print("\n".join(lines))


if __name__ == "__main__":
    main()
