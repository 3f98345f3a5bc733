"""Plan + store → every completion of a run, asking a model only for what the store lacks."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from harness.engines.base import engine_class
from harness.pipeline.interrupt import Interrupted, stop_on_signal, unless

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from harness.pipeline.plan import Plan
    from harness.records import Completion, Request
    from harness.store.completions import CompletionStore

GRACE_SECONDS = 10.0
"""How long a first Ctrl-C waits for what a model has begun."""


class Progress(Protocol):
    """What a caller may show while a run goes on."""

    def stage(self, text: str) -> None:
        """Say what begins now."""

    def advance(self, done: int, total: int) -> None:
        """Say how many completions are there."""


@dataclass(slots=True)
class Generation:
    """What generating gave."""

    completions: dict[str, Completion] = field(default_factory=dict)
    """By key; failed ones too."""
    generated: int = 0
    """Completions that were asked of a model now; the others were in the store."""
    seconds: float = 0.0
    """Wall time of generating, without the start of the models."""
    start_seconds: float = 0.0
    """Wall time of starting the models."""


def generate(
    plan: Plan,
    store: CompletionStore,
    *,
    log: Path,
    progress: Progress,
    on_start: Callable[[], None],
) -> Generation:
    """Have every completion of the plan, model by model.

    Args:
        plan: the requests, image-major.
        store: asked first, and given each new completion as it comes.
        log: the file that an engine's chatter goes to.
        progress: told of each completion.
        on_start: called once if a model has to be started, before it is.

    Raises:
        Interrupted: the user stopped the run; all that was finished is in the store.
        EngineError: a model cannot be started or died.
    """
    result = Generation()
    wanted: dict[str, list[Request]] = {model.name: [] for model in plan.suite.models}
    known: dict[str, Request] = {}
    for draw in range(plan.repeats):
        for system, request in plan.requests(draw):
            if request.key not in known:
                known[request.key] = request
                wanted[system.model].append(request)
    total = len(known)
    result.completions = store.get(known)
    missing = {
        model: [request for request in requests if request.key not in result.completions]
        for model, requests in wanted.items()
    }
    if any(missing.values()):
        on_start()
    progress.advance(len(result.completions), total)
    for model, requests in missing.items():
        if requests:
            asyncio.run(_ask(plan, model, requests, result, store, log, progress, total))
    return result


async def _ask(
    plan: Plan,
    model: str,
    requests: Sequence[Request],
    result: Generation,
    store: CompletionStore,
    log: Path,
    progress: Progress,
    total: int,
) -> None:
    config = plan.model(model)
    engine = engine_class(config.engine)(config, log=log)
    stop = asyncio.Event()

    async def feed() -> AsyncIterator[Request]:
        for request in requests:
            if stop.is_set():
                return
            yield request

    async def collect() -> None:
        async for completion in engine.generate(feed()):
            result.completions[completion.key] = completion
            result.generated += 1
            store.add(completion)
            progress.advance(len(result.completions), total)

    progress.stage(f"starting {model} ({config.engine})")
    began = time.monotonic()
    with stop_on_signal(stop):
        try:
            if not await unless(stop, engine.start(), grace=0.0):
                raise _interrupted(result, total)
            started = time.monotonic()
            result.start_seconds += started - began
            progress.stage(f"generating with {model}")
            await unless(stop, collect(), grace=GRACE_SECONDS)
            result.seconds += time.monotonic() - started
        finally:
            store.flush()
            await engine.close()
    if stop.is_set():
        raise _interrupted(result, total)


def _interrupted(result: Generation, total: int) -> Interrupted:
    done = sum(completion.error is None for completion in result.completions.values())
    return Interrupted(
        f"stopped with {done} of {total} completions finished; they are kept",
        hint="run the same command again to go on from here",
    )
