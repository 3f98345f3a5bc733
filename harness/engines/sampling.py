"""Decoding.params → checked sampling parameters, in vLLM's words and with vLLM's meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Collection

    from harness.records import Decoding, Json

DEFAULT_MAX_TOKENS = 256
"""Where a decoding says nothing; vLLM's own default of 16 cuts captions in the middle."""


def sampling_params(decoding: Decoding, supported: Collection[str]) -> dict[str, Json]:
    """Give a decoding's parameters, with ``temperature`` and ``max_tokens`` filled in.

    Raises:
        EngineError: a parameter that the engine does not know, so that none is dropped silently.
    """
    for name in decoding.params:
        if name not in supported:
            raise EngineError(
                f"decoding '{decoding.name}': this engine knows no sampling parameter '{name}'",
                hint=f"it knows {', '.join(sorted(supported))}",
            )
    params: dict[str, Any] = {"temperature": 1.0, "max_tokens": DEFAULT_MAX_TOKENS}
    params.update({name: value for name, value in decoding.params.items() if value is not None})
    stop = params.get("stop", [])
    params["stop"] = [stop] if isinstance(stop, str) else list(stop)
    return params
