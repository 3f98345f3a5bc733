"""What goes to an OpenAI-compatible server and what comes back: prompts as messages, answers read.

Pure but for the image files that are opened; nothing is sent here.
"""

from __future__ import annotations

import base64
import io
import json
import math
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from harness.errors import DataError
from harness.media import load
from harness.records import ImagePart, TextPart

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.records import Json, MediaRef, Message, RenderedPrompt

REFUSING = frozenset({429, 502, 503, 529})
"""HTTP statuses by which a server, or what stands before it, says: not now."""
FATAL = frozenset({401, 402, 403, 404, 405})
"""HTTP statuses that the next request would get as well."""
OF_PARAMETERS = frozenset({"unknown_parameter", "unsupported_parameter", "unsupported_value"})
"""OpenAI's error codes for a parameter that this model never takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model answered."""

    text: str
    finish_reason: str
    """stop or length."""
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerError:
    """What a server says is wrong."""

    words: str
    code: str
    parameter: str
    """Of the request, or empty."""


class PassingError(Exception):
    """The same request may be answered when it is made again.

    Args:
        reason: what happened.
        refused: whether the whole server is in trouble.
        counted: whether it may be this request's fault, so that it is not tried for ever.
        wait: seconds that the server asks for.
    """

    def __init__(
        self, reason: str, *, refused: bool = False, counted: bool = True, wait: float = 0.0
    ) -> None:
        super().__init__(reason)
        self.refused = refused
        self.counted = counted
        self.wait = wait


class NoAnswerError(Exception):
    """This request gets no answer, however often it is made; others may."""


def messages(rendered: RenderedPrompt, image_url: Callable[[MediaRef], str]) -> list[Json]:
    """Write a prompt as chat messages, their parts in order.

    Raises:
        DataError: an image cannot be opened.
    """
    return [
        {"role": message.role, "content": _content(message, rendered, image_url)}
        for message in rendered.messages
    ]


def _content(
    message: Message, rendered: RenderedPrompt, image_url: Callable[[MediaRef], str]
) -> Json:
    texts = [part.text for part in message.parts if isinstance(part, TextPart)]
    if len(texts) == len(message.parts):
        return "".join(texts)  # a list of parts is not taken everywhere
    return [
        {"type": "image_url", "image_url": {"url": image_url(rendered.media[part.index])}}
        if isinstance(part, ImagePart)
        else {"type": "text", "text": part.text}
        for part in message.parts
    ]


@lru_cache(maxsize=4)  # the systems of a run ask for one image one after another
def data_url(ref: MediaRef) -> str:
    """Give an image as a data URL: the pixels that the local engines see.

    A file whose pixels every reader sees alike goes as it is. One that is to be turned, is
    transparent, animated or in other colours than RGB or grey goes as the PNG of its pixels.

    Raises:
        DataError: the file has gone, or cannot be decoded.
    """
    pixels = load(ref)  # of every file, so that a broken one is found here
    kind = _plain_format(ref)
    if kind:
        content = ref.path.read_bytes()
    else:
        kind, buffer = "png", io.BytesIO()
        pixels.save(buffer, "PNG")
        content = buffer.getvalue()
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _plain_format(ref: MediaRef) -> str | None:
    from PIL import ExifTags, Image

    try:
        with Image.open(ref.path) as image:
            plain = (
                image.format in ("JPEG", "PNG", "WEBP")
                and image.mode in ("RGB", "L")
                and getattr(image, "n_frames", 1) == 1
                and "transparency" not in image.info
                and image.getexif().get(ExifTags.Base.Orientation, 1) == 1
            )
            return (image.format or "").lower() if plain else None
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"image cannot be decoded: {ref.path} ({error})") from error


def read_answer(body: bytes) -> Answer:
    """Read the body of a good response.

    Raises:
        PassingError: it is cut short, no JSON, or no chat completion.
        NoAnswerError: the model or a filter refused to answer.
    """
    try:
        data: Any = json.loads(body)
    except ValueError:
        raise PassingError(f"an answer that is no JSON: {read_error(body).words}") from None
    try:
        choice = data["choices"][0]
        message, finish = choice["message"], choice["finish_reason"]
        text, refusal = message.get("content"), message.get("refusal")
        calls = message.get("tool_calls") or message.get("function_call")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise PassingError(f"an answer that is no chat completion: {_error(data).words}") from None
    if refusal:
        raise NoAnswerError(f"the model refused: {refusal}")
    if calls:
        raise NoAnswerError("the model called a tool instead of answering")
    if finish in ("abort", "error"):  # the server was shut down, or what stands behind it failed
        raise PassingError(f"the server broke off the answer: {finish}")
    if finish == "content_filter":
        raise NoAnswerError("the server's content filter ended the answer: content_filter")
    if finish not in ("stop", "length"):
        raise NoAnswerError(f"the server ended the answer: {finish}")
    if text is not None and not isinstance(text, str):
        raise NoAnswerError("the answer is no text")
    return Answer(text=text or "", finish_reason=finish, **_usage(data))


def _usage(data: dict[str, Json]) -> dict[str, int]:
    usage = data.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    details = usage.get("prompt_tokens_details")
    details = details if isinstance(details, dict) else {}
    return {
        "prompt_tokens": usage.get("prompt_tokens") or 0,
        "completion_tokens": usage.get("completion_tokens") or 0,
        "cached_tokens": details.get("cached_tokens") or 0,
    }


def read_error(body: bytes) -> ServerError:
    """Read what a server says is wrong, in whatever form it says so."""
    try:
        data = json.loads(body)
    except ValueError:
        data = body.decode("utf-8", "replace")
    return _error(data)


def _error(data: Json) -> ServerError:
    inner = data.get("error", data) if isinstance(data, dict) else data
    if not isinstance(inner, dict):
        inner = {"message": inner}
    words = inner.get("message") or inner.get("detail") or inner
    return ServerError(
        words=" ".join(str(words).split()),
        code=str(inner.get("code") or ""),
        parameter=str(inner.get("param") or "").removeprefix("body."),
    )


def seconds_asked(retry_after: str | None) -> float:
    """Read a Retry-After header, seconds or a date; 0 where it says nothing."""
    if not retry_after:
        return 0.0
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except ValueError:
            return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0
