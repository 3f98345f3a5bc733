"""What goes to an OpenAI-compatible server and what comes back: prompts as messages, answers read.

Pure but for the image files that are opened; nothing is sent here.
"""

from __future__ import annotations

import base64
import io
import math
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING

from harness.engines.failure import LONGEST, one_line
from harness.engines.server_reply import (
    HIDDEN,
    LARGEST,
    Body,
    Secret,
    UnreadableError,
    read_json,
    read_text,
)
from harness.media import decode, pictures, plain_format
from harness.media import open as open_media
from harness.records import ImagePart, TextPart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.media import PictureCache
    from harness.records import Json, MediaRef, Message, RenderedPrompt

REFUSING = frozenset({429, 502, 503, 529})
"""HTTP statuses by which a server, or what stands before it, says: not now."""
FATAL = frozenset({401, 402, 403, 404, 405})
"""HTTP statuses that the next request would get as well."""
OF_PARAMETERS = frozenset({"unknown_parameter", "unsupported_parameter", "unsupported_value"})
"""OpenAI's error codes for a parameter that this model never takes."""
MOST_TOKENS = 2**31 - 1
"""No prompt and no answer has more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model answered."""

    text: str
    finish_reason: str
    """stop or length."""
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    odd_counts: bool
    """Whether the server's counts cannot be right; those are 0."""
    made_by: str
    """What the server says of the model and itself beyond the name that was asked for."""


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
    shown = {
        part.index: image_url(rendered.media[part.index])
        for message in rendered.messages
        for part in message.parts
        if isinstance(part, ImagePart)
    }
    pictures().fit(list(shown.values()))
    return [
        {"role": message.role, "content": _content(message, shown)} for message in rendered.messages
    ]


def _content(message: Message, urls: Mapping[int, str]) -> Json:
    texts = [part.text for part in message.parts if isinstance(part, TextPart)]
    if len(texts) == len(message.parts):
        return "".join(texts)  # a list of parts is not taken everywhere
    return [
        {"type": "image_url", "image_url": {"url": urls[part.index]}}
        if isinstance(part, ImagePart)
        else {"type": "text", "text": part.text}
        for part in message.parts
    ]


def data_url(ref: MediaRef, cache: PictureCache | None = None) -> str:
    """Give an image as a data URL: the pixels that the local engines see.

    A file whose pixels every reader sees alike goes as it is. One that is to be turned, is
    transparent, animated, in other colours than RGB or grey, or of more than eight bits goes as the
    PNG of its pixels. What is sent are the bytes that were checked, not the file as it is by then.

    Args:
        ref: the image.
        cache: keeps it for the systems of a run that ask for it next; None: that of all engines.

    Raises:
        DataError: the file has gone, has changed, or cannot be decoded.
    """
    cache = cache or pictures()
    name = ("data URL", ref.sha256, ref.pixels)
    return cache.get(name, partial(_encoded, ref), ref.width * ref.height * 4)


def _encoded(ref: MediaRef) -> str:
    content = open_media(ref)
    pixels = decode(content, ref)  # of every file, so that a broken one is found here
    kind = plain_format(content, ref)
    if kind is None:
        kind, buffer = "png", io.BytesIO()
        pixels.save(buffer, "PNG")
        content = buffer.getvalue()
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def read_answer(body: Body, secret: Secret, asked: str) -> Answer:
    """Read the body of a good response.

    Args:
        body: as it was sent.
        secret: is taken out of all that is read.
        asked: the model's name in the request.

    Raises:
        PassingError: it is cut short, no JSON, or no chat completion.
        NoAnswerError: the model or a filter refused to answer, or it is no answer to be kept.
    """
    if body.packed:
        raise NoAnswerError(f"the server packs its answer ({one_line(body.packed, 40)}), unasked")
    if body.cut:
        raise NoAnswerError(f"the answer is longer than {LARGEST // 1024**2} MiB")
    try:
        data = read_json(body.content, secret)
    except UnreadableError:
        said = _words(read_text(body.content, secret))
        raise PassingError(f"an answer that is no JSON: {said}") from None
    choice = _first(data)
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict) or "finish_reason" not in choice:
        raise PassingError(f"an answer that is no chat completion: {_error(data).words}")
    finish = choice["finish_reason"]
    if refusal := message.get("refusal"):
        raise NoAnswerError(f"the model refused: {_words(refusal)}")
    if message.get("tool_calls") or message.get("function_call"):
        raise NoAnswerError("the model called a tool instead of answering")
    if finish in ("abort", "error"):  # the server was shut down, or what stands behind it failed
        raise PassingError(f"the server broke off the answer: {finish}")
    if finish == "content_filter":
        raise NoAnswerError("the server's content filter ended the answer: content_filter")
    if finish not in ("stop", "length"):
        raise NoAnswerError(f"the server ended the answer: {_words(finish)}")
    return Answer(
        text=_text(message.get("content")),
        finish_reason=finish,
        **_usage(data),
        made_by=_made_by(data, asked),
    )


def _first(data: Json) -> Json:
    choices = data.get("choices") if isinstance(data, dict) else None
    return choices[0] if isinstance(choices, list) and choices else None


def _text(content: Json) -> str:
    """Check that an answer is a text that can be kept as it is."""
    if content is None:
        return ""
    if not isinstance(content, str):
        raise NoAnswerError("the answer is no text")
    if HIDDEN in content:
        raise NoAnswerError(f"the answer repeats the server's key: {_words(content)}")
    try:
        content.encode()
    except UnicodeEncodeError:
        raise NoAnswerError("the answer holds half a character, which no file can") from None
    return content


def _usage(data: dict[str, Json]) -> dict[str, Json]:
    usage = data.get("usage")
    counted = usage if isinstance(usage, dict) else {}
    details = counted.get("prompt_tokens_details")
    cached = details if isinstance(details, dict) else {}
    said = {
        "prompt_tokens": counted.get("prompt_tokens"),
        "completion_tokens": counted.get("completion_tokens"),
        "cached_tokens": cached.get("cached_tokens"),
    }
    counts = {name: _count(value) for name, value in said.items()}
    odd = any(value is not None and value != counts[name] for name, value in said.items())
    odd |= any(part is not None and not isinstance(part, dict) for part in (usage, details))
    odd |= counts["cached_tokens"] > counts["prompt_tokens"]
    counts["cached_tokens"] = min(counts["cached_tokens"], counts["prompt_tokens"])
    return {**counts, "odd_counts": odd}


def _count(value: Json) -> int:
    """Read a number of tokens; what can be none is 0, as where nothing is said."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 <= value <= MOST_TOKENS and value == int(value) else 0


def _made_by(data: dict[str, Json], asked: str) -> str:
    """Give the version of the model and of the server, where they are told."""
    model, server = data.get("model"), data.get("system_fingerprint")
    told = [model if model != asked else None, server]
    return " ".join(_words(words, 80) for words in told if isinstance(words, str) and words)


def read_owners(body: Body, secret: Secret) -> dict[str, str]:
    """Read which models a server has, and whose it says they are; nothing where it says nothing."""
    try:
        data = read_json(body.content, secret)
    except UnreadableError:
        return {}
    listed = data.get("data") if isinstance(data, dict) else None
    models = (
        [model for model in listed if isinstance(model, dict)] if isinstance(listed, list) else []
    )
    return {
        model["id"]: _words(model.get("owned_by") or "", 80)
        for model in models
        if isinstance(model.get("id"), str)
    }


def read_error(body: Body, secret: Secret) -> ServerError:
    """Read what a server says is wrong, in whatever form it says so."""
    if body.packed:
        return ServerError(words=f"({one_line(body.packed, 40)}, unasked)", code="", parameter="")
    try:
        return _error(read_json(body.content, secret))
    except UnreadableError:
        return _error(read_text(body.content, secret))


def _error(data: Json) -> ServerError:
    inner = data.get("error", data) if isinstance(data, dict) else data
    if not isinstance(inner, dict):
        inner = {"message": inner}
    words = inner.get("message") or inner.get("detail") or inner
    return ServerError(
        words=_words(words),
        code=_words(inner.get("code") or ""),
        parameter=_words(inner.get("param") or "").removeprefix("body."),
    )


def _words(value: Json, longest: int = LONGEST) -> str:
    """Write what a server says on one line, with nothing in it that no file can hold."""
    return one_line(str(value).encode("utf-8", "replace").decode(), longest)


def seconds_asked(retry_after: str | None) -> float:
    """Read a Retry-After header, seconds or a date; 0 where it says nothing."""
    if not retry_after:
        return 0.0
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except (ValueError, OverflowError, OSError):
            return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0
