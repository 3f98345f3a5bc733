"""Predictions made elsewhere, served like a model's answers: the prompt holds the answer already.

So a model of one's own code, or one that no engine runs, stands in the same table as the prompts.
The plan reads the file and writes each prediction as the assistant turn: pipeline/asking/replayed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from harness.engines.protocol import ImageWork, completed, failed
from harness.errors import EngineError
from harness.records import TextPart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping
    from pathlib import Path

    from harness.records import Completion, Json, ModelConfig, Request


class ReplayEngine:
    """Gives each request the assistant's turn in it; a request without one has failed.

    Engine argument: ``postprocess``, the steps for the file's texts, which the plan applies.
    """

    neutral_args: ClassVar[frozenset[str]] = frozenset({"postprocess"})
    defaults: ClassVar[Mapping[str, Json]] = {}
    sampling: ClassVar[Collection[str] | None] = None

    @staticmethod
    def check_installed(config: ModelConfig) -> None:
        """Need nothing."""

    def __init__(self, config: ModelConfig, *, log: Path) -> None:
        """Check the arguments; the texts are in the requests."""
        for name in config.args:
            if name not in self.neutral_args:
                raise EngineError(
                    f"the replay engine has no argument '{name}'",
                    hint="its argument: postprocess",
                    key=f"args.{name}",
                )

    async def start(self) -> None:
        """Do nothing: there is no model."""

    async def generate(self, requests: AsyncIterator[Request]) -> AsyncIterator[Completion]:
        """Answer each request, in their order."""
        async for request in requests:
            yield self.answer(request)

    @staticmethod
    def answer(request: Request) -> Completion:
        """Give the prediction that a request holds, or say that it holds none."""
        said = [m for m in request.rendered.messages if m.role == "assistant"]
        if not said:
            return failed(request, "no prediction in the file", time.perf_counter())
        text = "".join(part.text for part in said[-1].parts if isinstance(part, TextPart))
        return completed(request, "replay", text=text, finish_reason="stop")

    async def image_work(self) -> ImageWork:
        """Count nothing: no picture is opened."""
        return ImageWork(decoded=0, processed=0, encoded=0)

    async def close(self) -> None:
        """Do nothing: there is no model."""
