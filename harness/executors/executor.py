"""Who carries requests to an engine: what any such executor gives, wherever the engine lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from harness.errors import HarnessError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, AsyncIterator
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from pathlib import Path

    from harness.engines.protocol import ImageWork
    from harness.records import Completion, ModelConfig, Request


class Interrupted(HarnessError):
    """A run was stopped by the user; what was finished is kept."""


class StartedModel(Protocol):
    """A model that is there and answers; nothing that it is asked takes for ever."""

    remarks: list[str]
    """What could not be had of it, or how it had to be ended, in plain words."""

    def generate(self, requests: AsyncIterator[Request]) -> AsyncGenerator[Completion, None]:
        """Answer each request once, in the order of finishing.

        Once a stop is asked for, what is in flight gets a grace; then the stream ends.

        Raises:
            EngineError: nothing more can be had from this model, or it has fallen silent.
        """

    async def image_work(self) -> ImageWork:
        """Count what was done to pictures; where the model does not say, all is unknown."""


class Executor(Protocol):
    """Carries requests to engines."""

    def started(
        self, config: ModelConfig, *, log: Path, stop: asyncio.Event
    ) -> AbstractAsyncContextManager[StartedModel]:
        """Start a model; at the context's end it is gone, and so is all that was changed for it.

        Args:
            config: the model, with every adapter that this start serves.
            log: the file that the engine's chatter goes to.
            stop: once set, nothing is waited for longer than a few seconds.

        Raises:
            EngineError: the model cannot be started, or not in time.
            Interrupted: a stop was asked for before it was there.
        """

    def asking_to_stop(self, stop: asyncio.Event) -> AbstractContextManager[None]:
        """Let whatever asks this process to end set ``stop`` instead, the first time."""
