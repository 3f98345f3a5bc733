"""Plan + store → every completion of a run, asking a model only for what the store lacks."""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from harness.engines.protocol import ImageWork
from harness.errors import EngineError
from harness.executors import local_loop
from harness.executors.executor import Interrupted
from harness.executors.local import LocalExecutor
from harness.records import TokenCounts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.executors.executor import Executor, StartedModel
    from harness.pipeline.asking.plan import Plan, Planned
    from harness.records import Completion, ModelConfig, Request
    from harness.store.completions import CompletionStore

_CLAIMED_AT_ONCE = 32
_LOOKED_UP_AT_ONCE = 1_000
_TICK_SECONDS = 0.25
_TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens")
_WAIT_SECONDS = 0.5


class Progress(Protocol):
    """What a caller may show while a run goes on."""

    def stage(self, text: str, log: Path | None = None) -> None:
        """Say what begins now, and in which file one can follow it."""

    def advance(self, done: int, total: int) -> None:
        """Say to how many requests there is a completion, or why there is none."""


class Tokens:
    """Tokens of completions, by model."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, model: str, completion: Completion) -> None:
        """Count a completion."""
        for name in _TOKENS:
            self._counts[model, name] += getattr(completion, name)

    def totals(self) -> TokenCounts:
        """Give the sums over all models."""
        sums = {
            name: sum(n for (_, kind), n in self._counts.items() if kind == name)
            for name in _TOKENS
        }
        return TokenCounts(**sums)

    def price(self, model: ModelConfig) -> float:
        """Give what a model's tokens cost, in US dollars."""
        prices = model.price or {}
        return sum(
            self._counts[model.name, f"{kind}_tokens"] * dollars / 1e6
            for kind, dollars in prices.items()
        )


@dataclass(slots=True)
class Generation:
    """What generating gave."""

    total: int
    """Completions of the run."""
    found: int = 0
    """Those that were in the store."""
    done: int = 0
    """Those that are there now, or have failed."""
    generated: int = 0
    """Those that were asked of a model now, of several alike one."""
    failed: int = 0
    """Of those, the ones that failed."""
    images: int = 0
    """Images in the prompts that were asked now, each time counted."""
    image_work: ImageWork = field(default_factory=lambda: ImageWork(0, 0, 0))
    """What was really done to them."""
    tokens: Tokens = field(default_factory=Tokens)
    """Of what was asked now."""
    seconds: float = 0.0
    """Wall time of generating, without the start of the models."""
    start_seconds: float = 0.0
    """Wall time of starting the models."""
    remarks: list[str] = field(default_factory=list)
    """What could not be had of a model, or how it had to be ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What the store has of a plan."""

    keys_sha256: str
    """Over all keys in plan order: what the run's texts depend on."""
    asked_sha256: Mapping[str, str]
    """System → over its keys alone."""
    missing: Mapping[str, int]
    """Model → requests without a completion; models that lack none are not there."""
    found: Mapping[str, int]
    """System → requests with one; systems that have none are not there."""


def look_up(plan: Plan, store: CompletionStore) -> Lookup:
    """Find out which requests of a plan have no completion yet; no model is started.

    Raises:
        RenderError: a template fails for a sample.
    """
    digest = hashlib.sha256()
    by_system = {system.name: hashlib.sha256() for system in plan.asked}
    missing: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for batch in groups(plan.requests(), _LOOKED_UP_AT_ONCE):
        former = {p.request.key: p.former for p in batch if p.former}
        if former:
            store.adopt(former)
        for planned in batch:
            digest.update(planned.request.key.encode())
            by_system[planned.system.name].update(planned.request.key.encode())
        lacking = set(store.missing(planned.request.key for planned in batch))
        missing.update(p.system.model for p in batch if p.request.key in lacking)
        found.update(p.system.name for p in batch if p.request.key not in lacking)
    return Lookup(
        keys_sha256=digest.hexdigest(),
        asked_sha256={name: own.hexdigest() for name, own in by_system.items()},
        missing=dict(missing),
        found=dict(found),
    )


def generate(
    plan: Plan,
    store: CompletionStore,
    lookup: Lookup,
    *,
    max_failures: str | None,
    log: Path,
    progress: Progress,
    executor: Executor | None = None,
) -> Generation:
    """Do what agenerate does, from ordinary code; also where an event loop runs already."""
    return local_loop.run(
        lambda: agenerate(
            plan,
            store,
            lookup,
            max_failures=max_failures,
            log=log,
            progress=progress,
            executor=executor,
        )
    )


async def agenerate(
    plan: Plan,
    store: CompletionStore,
    lookup: Lookup,
    *,
    max_failures: str | None,
    log: Path,
    progress: Progress,
    executor: Executor | None = None,
) -> Generation:
    """Have every completion of the plan in the store, model by model.

    Args:
        plan: the requests, image-major.
        store: asked first, and given each new completion as it comes.
        lookup: what the store has of the plan.
        max_failures: stop when more requests than this fail: a number, or a share such as 5%.
        log: the file that an engine's chatter goes to.
        progress: told of each completion.
        executor: who carries the requests; default: this process, left as it is.

    Raises:
        Interrupted: the user stopped the run; all that was finished is in the store.
        EngineError: a model cannot be started, died, fell silent, or fails too often.
    """
    executor = executor or LocalExecutor()
    lacking = sum(lookup.missing.values())
    there = plan.size - lacking
    result = Generation(total=plan.size, found=there, done=there)
    progress.advance(result.done, result.total)
    allowed = _allowed(max_failures, lacking)
    for models in _engine_starts(m for m in plan.suite.models if m.name in lookup.missing):
        await _Asking(plan, models, store, result, allowed, progress).ask(executor, log)
    if result.done < result.total:  # two systems that send the same prompt count once till now
        progress.advance(result.total, result.total)
    return result


def _engine_starts(models: Iterable[ModelConfig]) -> list[list[ModelConfig]]:
    """Put models together that one start serves: adapters of one base, or other sampling of it.

    The base itself starts alone: in one batch with its adapters vLLM 0.32 on the CPU gives it the
    weights of one of them.
    """
    together: dict[str, list[ModelConfig]] = {}
    for model in models:
        kind = "an adapter" if model.adapter else None
        base = replace(model, name="", adapter=kind, generation={}, price=None)
        together.setdefault(repr(base), []).append(model)
    return list(together.values())


class _Asking:
    """The requests of one engine start on their way."""

    def __init__(
        self,
        plan: Plan,
        models: Sequence[ModelConfig],
        store: CompletionStore,
        result: Generation,
        allowed: float,
        progress: Progress,
    ) -> None:
        self._plan = plan
        self._models = [model.name for model in models]
        adapters = tuple(model.adapter for model in models if model.adapter)
        self._config = replace(models[0], adapters=adapters)
        self._store = store
        self._result = result
        self._allowed = allowed
        self._progress = progress
        self._stop = asyncio.Event()
        self._asked: dict[str, Planned] = {}
        """What was handed to the engine and has not come back, by key."""
        self._others: list[Planned] = []
        """What another process asks for."""

    async def ask(self, executor: Executor, log: Path) -> None:
        """Start the engine, ask it everything, and end it."""
        name = " and ".join(self._models)
        self._progress.stage(f"starting {name} ({self._config.engine})", log)
        remarks: list[str] = []
        with executor.asking_to_stop(self._stop):
            try:
                began = time.monotonic()
                async with executor.started(self._config, log=log, stop=self._stop) as model:
                    remarks = model.remarks
                    started = time.monotonic()
                    self._result.start_seconds += started - began
                    self._progress.stage(f"generating with {name}")
                    try:
                        await self._collect(model)
                        self._result.seconds += time.monotonic() - started
                        self._result.image_work += await model.image_work()
                    finally:
                        self._store.flush()  # before the model's end, which may take its time
            except Interrupted:
                self._stop.set()  # whoever asked for it; told below, with what was finished
            finally:
                self._result.remarks += remarks
        if self._stop.is_set():
            raise self._interrupted(remarks)

    async def _collect(self, model: StartedModel) -> None:
        """Ask for everything, and commit now and then; a commit that fails ends the asking."""
        asking = asyncio.ensure_future(self._ask_all(model))
        ticking = asyncio.ensure_future(self._tick())
        try:
            await asyncio.wait({asking, ticking}, return_when=asyncio.FIRST_COMPLETED)
            for task in (asking, ticking):
                if task.done():
                    task.result()
        finally:
            asking.cancel()
            ticking.cancel()
            await asyncio.gather(asking, ticking, return_exceptions=True)

    async def _ask_all(self, model: StartedModel) -> None:
        """Ask for what nobody else asks, and at last for what others let fall."""
        await self._take(model, self._plan.requests(self._models))
        said = 0
        while self._others and not self._stop.is_set():
            # Nothing of ours is under way or uncommitted here: the others may be waiting for it.
            self._store.flush()
            if len(self._others) != said:
                said = len(self._others)
                self._progress.stage(f"waiting for {said} completions of another run")
            await asyncio.sleep(_WAIT_SECONDS)
            waiting, self._others = self._others, []
            before = self._result.generated
            await self._take(model, iter(waiting))
            generated = self._result.generated - before
            self._advance(len(waiting) - len(self._others) - generated)

    async def _take(self, model: StartedModel, planned: Iterator[Planned]) -> None:
        """Keep what the engine answers to those of some requests that are ours to ask."""
        async with aclosing(model.generate(self._feed(planned))) as completions:
            async for completion in completions:
                self._keep(completion)

    def _keep(self, completion: Completion) -> None:
        """Count a completion and give it to the store.

        Raises:
            EngineError: this failure is one too many.
        """
        asked = self._asked.pop(completion.key)
        self._store.add(completion, asked.ingredients)
        self._result.generated += 1
        self._result.images += len(asked.request.rendered.media)
        self._result.tokens.add(asked.system.model, completion)
        self._advance(1)
        if completion.error is not None:
            self._result.failed += 1
            if self._result.failed > self._allowed:
                raise EngineError(
                    f"{self._result.failed} requests have failed, more than "
                    f"--max-failures allows; the last: {completion.error}",
                    hint="what succeeded is kept; failed requests are asked again by the next run",
                )

    async def _feed(self, planned: Iterator[Planned]) -> AsyncIterator[Request]:
        for batch in groups(planned, _CLAIMED_AT_ONCE):
            for request in self._claimed(batch):
                if self._stop.is_set():
                    return
                yield request

    def _claimed(self, batch: Sequence[Planned]) -> list[Request]:
        """Give those of some requests that are this process's to ask."""
        # Two systems may send the same prompt, and it is on its way already.
        by_key = {p.request.key: p for p in batch if p.request.key not in self._asked}
        own_keys, other_keys = self._store.claim(list(by_key))
        self._others += [by_key[key] for key in other_keys]
        self._asked |= {key: by_key[key] for key in own_keys}
        return [by_key[key].request for key in own_keys]

    async def _tick(self) -> None:
        said = False
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self._store.flush_if_due()
            if self._stop.is_set() and not said:
                said = True
                self._progress.stage("stopping: what is in flight gets a few seconds")

    def _advance(self, count: int) -> None:
        self._result.done = min(self._result.done + count, self._result.total)
        self._progress.advance(self._result.done, self._result.total)

    def _interrupted(self, remarks: Sequence[str]) -> Interrupted:
        failed = self._result.failed
        done = f"{self._result.done - failed} of {self._result.total} completions finished"
        kept = "; they are kept"
        if failed:
            kept = f" and {failed} request{'s' if failed > 1 else ''} failed; what finished is kept"
        stopped = f"stopped with {done}{kept}"
        return Interrupted(
            "; ".join([stopped, *remarks]),
            hint="run the same command again to go on from here",
        )


def _allowed(limit: str | None, asked: int) -> float:
    """Give how many requests may fail."""
    if limit is None:
        return math.inf
    return asked * float(limit[:-1]) / 100 if limit.endswith("%") else float(limit)


def groups(planned: Iterator[Planned], size: int) -> Iterator[list[Planned]]:
    """Cut a stream of requests into lists, so that the store is asked for many at a time."""
    while batch := list(islice(planned, size)):
        yield batch
