"""The bytes that a server sends → JSON that can hurt nobody: bounded, shallow, without the key.

Everything that the openai engine reads of a server comes through here first.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    import httpx2

    from harness.records import Json

LARGEST = 8 * 1024**2
"""Bytes of a body that are read: an answer of a million tokens has about four."""
DEEPEST = 64
"""How deep a body may be nested; a chat completion is six deep."""
SHORTEST_KEY = 8
"""Characters from which on a key is looked for: no secret is shorter, and a word such as EMPTY,
which is sent where any key will do, may stand in any answer."""
HIDDEN = "[key]"
"""Stands where the key was."""


class UnreadableError(ValueError):
    """A body is no JSON, or none that may be read."""


class Secret:
    """The key for the servers; taken out of everything that comes from them.

    Args:
        key: as it is sent; None or a short one: nothing is looked for.
    """

    def __init__(self, key: str | None = None) -> None:
        key = key if key and len(key) >= SHORTEST_KEY else ""
        written = {key, quote(key, safe=""), json.dumps(key)[1:-1], html.escape(key)}
        # The longest first: one may hold another.
        self._forms = sorted((form for form in written if form), key=len, reverse=True)

    def hide(self, text: str) -> str:
        """Put a mark for the key, as it is or escaped for a URL, JSON or HTML."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a server sent."""

    content: bytes
    """At most LARGEST bytes."""
    cut: bool
    """Whether there was more, which is not read."""
    packed: str
    """How the bytes are compressed, though the engine asks for none of it; empty: they are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A response of a server."""

    status: int
    retry_after: str | None
    """The header, as it was sent."""
    body: Body


async def send(
    client: httpx2.AsyncClient, method: str, path: str, content: bytes | None = None
) -> Reply:
    """Make one HTTP request and read the response as far as it may go.

    Compressed bytes stay so: a few of them can be gigabytes.

    Raises:
        httpx2.HTTPError: there is no whole response.
    """
    received = bytearray()
    async with client.stream(method, path, content=content) as response:
        async for part in response.aiter_raw():
            received += part
            if len(received) > LARGEST:
                break
        packed = response.headers.get("Content-Encoding", "").strip().lower()
        return Reply(
            status=response.status_code,
            retry_after=response.headers.get("Retry-After"),
            body=Body(
                content=bytes(received[:LARGEST]),
                cut=len(received) > LARGEST,
                packed="" if packed == "identity" else packed,
            ),
        )


def read_json(content: bytes, secret: Secret) -> Json:
    """Read a body, without the key.

    Raises:
        UnreadableError: it is no JSON, or nested deeper than DEEPEST.
    """
    try:
        return _plain(json.loads(content), secret, DEEPEST)
    except RecursionError:
        raise UnreadableError("nested too deeply") from None
    except ValueError as error:  # no UTF-8, no JSON, a number of thousands of digits
        raise UnreadableError(str(error)) from None


def read_text(content: bytes, secret: Secret) -> str:
    """Read a body that is no JSON as text, without the key."""
    return secret.hide(content.decode("utf-8", "replace"))


def _plain(value: Json, secret: Secret, depth: int) -> Json:
    if isinstance(value, str):
        return secret.hide(value)
    if isinstance(value, list | dict):
        if depth == 0:
            raise UnreadableError("nested too deeply")
        if isinstance(value, list):
            return [_plain(item, secret, depth - 1) for item in value]
        return {secret.hide(k): _plain(item, secret, depth - 1) for k, item in value.items()}
    return value
