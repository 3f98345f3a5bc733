"""An engine without a model, for tests and for people who write prompts.

By default its reply follows from the request's key, so that any change to what a model would see
changes the reply and nothing else does. Replies can be scripted, delays and faults asked for.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import TYPE_CHECKING, ClassVar

from harness.engines.protocol import ImageWork, bounded, failed
from harness.errors import EngineError
from harness.records import Completion, ImagePart, TextPart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping
    from pathlib import Path

    from harness.records import Json, ModelConfig, Request

_WORDS = (
    "Roasted Creamy Lemon Garlic Tomato Basil Mushroom Spinach Chicken Shrimp Ginger Honey Apple "
    "Almond Chili Coconut Avocado Potato Salad Soup Skillet Toast Curry Tart"
).split()


class FakeEngine:
    """Replies without a model.

    Engine arguments: ``delay`` (seconds a reply takes), ``fail`` (share of requests, 0 to 1, that
    end in an error, chosen by their keys), ``in_flight`` (requests at a time).

    Args:
        config: the model it stands in for.
        log: not written to.
        reply: gives the text of a request; default: words drawn from the request's key.
    """

    neutral_args: ClassVar[frozenset[str]] = frozenset({"delay", "in_flight"})
    sampling: ClassVar[Collection[str] | None] = None
    defaults: ClassVar[Mapping[str, Json]] = {"delay": 0.0, "fail": 0.0, "in_flight": 32}

    def __init__(
        self,
        config: ModelConfig,
        *,
        log: Path | None = None,
        reply: Callable[[Request], str] | None = None,
    ) -> None:
        unknown = config.args.keys() - self.defaults.keys()
        if unknown:
            raise EngineError(
                f"the fake engine has no argument '{min(unknown)}'",
                hint=f"its arguments: {', '.join(self.defaults)}",
            )
        args = {**self.defaults, **config.args}
        self._delay = float(args["delay"])
        self._fail = float(args["fail"])
        self._in_flight = int(args["in_flight"])
        self._timeout = config.timeout
        self._reply = reply or _words
        self.log = log

    async def start(self) -> None:
        """Do nothing: there is no model."""

    def generate(self, requests: AsyncIterator[Request]) -> AsyncIterator[Completion]:
        """Answer each request once, in the order of finishing."""
        return bounded(requests, self._answer, self._in_flight, self._timeout)

    async def image_work(self) -> ImageWork:
        """Count nothing: no picture is opened."""
        return ImageWork(decoded=0, processed=0, encoded=0)

    async def close(self) -> None:
        """Do nothing: there is no model."""

    async def _answer(self, request: Request) -> Completion:
        began = time.perf_counter()
        await asyncio.sleep(self._delay)
        if _share(request.key) < self._fail:
            return failed(request, "a fault that was asked for", began)
        text = self._reply(request)
        prompt_tokens = sum(_tokens(part) for m in request.rendered.messages for part in m.parts)
        return Completion(
            key=request.key,
            text=text,
            finish_reason="stop",
            prompt_tokens=prompt_tokens,
            completion_tokens=len(text.split()),
            seconds=self._delay,
        )


def _words(request: Request) -> str:
    digest = hashlib.sha256(request.key.encode()).digest()
    return " ".join(_WORDS[byte % len(_WORDS)] for byte in digest[1 : 4 + digest[0] % 4])


def _share(key: str) -> float:
    """Place a key in [0, 1), independently of the words drawn from it."""
    return int.from_bytes(hashlib.sha256(b"fault" + key.encode()).digest()[:4]) / 2**32


def _tokens(part: ImagePart | TextPart) -> int:
    return len(part.text.split()) if isinstance(part, TextPart) else 1
