"""ModelConfig and Decoding → what the openai engine is to do, or why no server can be told to.

All is checked before a request is made; no message holds the value of an argument that may be a
secret.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from harness.engines.sampling import sampling_params
from harness.engines.server_reply import SHORTEST_KEY
from harness.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.records import Decoding, Json, ModelConfig

OPENAI_SAMPLING = frozenset({
    "temperature", "top_p", "max_tokens", "stop", "seed", "presence_penalty", "frequency_penalty",
})  # fmt: skip
"""Sampling parameters that every server takes."""
MORE_SAMPLING = frozenset({"top_k", "min_p", "repetition_penalty", "min_tokens"})
"""Sampling parameters that vLLM and SGLang have added; others may drop them in silence."""
FORM = "structured_outputs"
SAMPLING = OPENAI_SAMPLING | MORE_SAMPLING | {FORM}
"""What one server or another takes; which of it this one does is known when it has been asked."""
OF_DECODING = (SAMPLING | {"response_format"}) - {"max_tokens"}
"""Fields that are wrong for every request if they are wrong for one; whether there is room for so
many new tokens depends on the prompt."""
TAKEN: dict[str, frozenset[str]] = {"vllm": MORE_SAMPLING | {FORM}, "sglang": MORE_SAMPLING}
"""What a server says its models are owned by → the further parameters it takes."""
NEUTRAL: dict[str, Json] = {
    "top_p": 1.0, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0,
    "presence_penalty": 0.0, "frequency_penalty": 0.0,
}  # fmt: skip
"""Sent to those servers where a decoding says nothing: they would take what the checkpoint's
generation_config.json says, which no engine here does."""

DEFAULTS: dict[str, Json] = {
    "base_url": os.environ.get("OPENAI_BASE_URL"),  # a part of every completion's key
    "api_key_env": "OPENAI_API_KEY",
    "in_flight": 32,
    "retries": 4,
    "image_base_url": None,
    "image_root": None,
    "max_tokens_field": "max_tokens",
    "extra_sampling": [],
    "extra_body": {},
}
"""Engine arguments where a model's config says nothing."""
_SECRET_NAME = re.compile(
    r"(api|secret|private|access)[-_]?key|password|passwd|secret|authorization|credentials?"
    r"|bearer|((access|api|auth|bearer|secret)[-_]?)?token",
    re.IGNORECASE,
)
"""Fields that hold what nobody else may know."""
OWN_FIELDS = {"model", "messages", "stream", "n", "max_completion_tokens", "response_format"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The engine's arguments, checked."""

    urls: tuple[str, ...]
    """Of the servers, without a slash at the end."""
    model: str
    """The name under which it is served."""
    api_key_env: str | None
    """The environment variable that holds the key; None: no key is sent."""
    in_flight: int
    retries: int
    image_base_url: str | None
    """Images are sent as URLs that begin so; None: as data URLs."""
    image_root: Path | None
    """The folder whose files stand at ``image_base_url``."""
    max_tokens_field: str
    extra_sampling: frozenset[str]
    extra_body: Mapping[str, Json]


def settings(config: ModelConfig) -> Settings:
    """Check a model's config.

    Raises:
        EngineError: an argument that does not exist or cannot be, or something that a server
            cannot be told.
    """
    for name in config.args:
        if name not in DEFAULTS:
            raise EngineError(
                f"the openai engine knows no argument '{name}'",
                hint=f"{_nearest(name)}it knows {', '.join(DEFAULTS)}; a key comes from the "
                "environment variable that api_key_env names",
                key=f"args.{name}",
            )
    if config.revision is not None:
        raise EngineError(
            "a server cannot be told which revision to serve",
            hint="start it with that revision, and leave it out of the model's config",
            key="revision",
        )
    if config.image:
        raise EngineError(
            f"the server prepares images itself: {', '.join(config.image)} cannot be set here",
            hint="leave out the model's image settings; vLLM takes "
            "extra_body: {mm_processor_kwargs: {max_pixels: …}}",
            key="image",
        )
    args = {**DEFAULTS, **config.args}
    _check_kinds(args)
    _check_fields(args)
    _check_secrets(config.model, args)
    if (args["image_base_url"] is None) != (args["image_root"] is None):
        raise EngineError("image_base_url and image_root belong together")
    root = args["image_root"]
    return Settings(
        urls=tuple(_base_urls(args["base_url"])),
        model=config.model,
        api_key_env=args["api_key_env"],
        in_flight=args["in_flight"],
        retries=args["retries"],
        image_base_url=args["image_base_url"],
        image_root=None if root is None else Path(root).resolve(),
        max_tokens_field=args["max_tokens_field"],
        extra_sampling=frozenset(args["extra_sampling"]),
        extra_body=args["extra_body"],
    )


def _nearest(name: str) -> str:
    close = get_close_matches(name, DEFAULTS, n=1)
    return f"did you mean '{close[0]}'? " if close else ""


def body_sampling(decoding: Decoding, given: Settings, taken: frozenset[str]) -> dict[str, Json]:
    """Write a decoding as fields of a request.

    Args:
        decoding: in vLLM's words.
        given: the engine's settings.
        taken: the parameters that the servers take beyond OpenAI's own.

    Raises:
        EngineError: a parameter that is unknown, or that a server may drop in silence.
    """
    params = sampling_params(decoding, SAMPLING)
    form = params.get(FORM) or {}
    if "json" in form:
        if FORM in taken:
            # Without it weak models write white space until they are cut off.
            params[FORM] = {**form, "disable_any_whitespace": True}
        else:
            schema = {"name": "answer", "schema": params.pop(FORM)["json"]}
            params["response_format"] = {"type": "json_schema", "json_schema": schema}
    for name in sorted(params.keys() & (MORE_SAMPLING | {FORM})):
        if name not in taken:
            raise EngineError(
                f"decoding '{decoding.name}': {given.urls[0]} is not known to take '{name}', and "
                "might drop it in silence",
                hint=f"leave it out; or, if it is taken, write args: {{extra_sampling: [{name}]}}",
            )
    if taken >= MORE_SAMPLING:
        params = {**NEUTRAL, **params}
    if not params["stop"]:
        del params["stop"]
    params[given.max_tokens_field] = params.pop("max_tokens")
    return params


def is_loopback(url: str) -> bool:
    """Tell whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _base_urls(given: Any) -> list[str]:
    if not given:
        raise EngineError(
            "the openai engine needs the address of a server",
            hint="args: {base_url: http://127.0.0.1:8000/v1} in the model's config, or the "
            "environment variable OPENAI_BASE_URL",
        )
    urls = given if isinstance(given, list) else [given]
    return [_address("base_url", url).rstrip("/") for url in urls]


def _address(name: str, given: Any) -> str:
    """Check that an argument is an http address, and nothing but that."""
    parts = _http(given)
    if parts is None:
        # What is no address may hold a key where nobody would look for it.
        shown = f": {given!r}" if not isinstance(given, str) or not set("@?#") & set(given) else ""
        hint = "for example http://127.0.0.1:8000/v1"
        raise EngineError(f"{name} is no http address{shown}", hint=hint, key=f"args.{name}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise EngineError(
            f"{name} of {parts.hostname} holds more than an address",
            hint="a key belongs into an environment variable, which api_key_env names",
            key=f"args.{name}",
        )
    return str(given)


def _http(given: Any) -> SplitResult | None:
    try:
        parts = urlsplit(given) if isinstance(given, str) else None
        if parts and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return parts
    except ValueError:  # odd brackets, or a port that cannot be
        pass
    return None


def _check_kinds(args: Mapping[str, Json]) -> None:
    for name, least in (("in_flight", 1), ("retries", 0)):
        value = args[name]
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            message = f"{name} is {value!r}, not a whole number from {least} on"
            raise EngineError(message, key=f"args.{name}")
    for name in ("api_key_env", "image_base_url", "image_root"):
        if args[name] is not None and not isinstance(args[name], str):
            raise EngineError(f"{name} is {args[name]!r}, not a text", key=f"args.{name}")
    if args["image_base_url"] is not None:
        _address("image_base_url", args["image_base_url"])
    if not isinstance(args["extra_sampling"], list):
        raise EngineError(f"extra_sampling is {args['extra_sampling']!r}, not a list of names")


def _check_secrets(model: str, args: Mapping[str, Json]) -> None:
    """Refuse a key in a model's config, which is copied to every run and into every key's record.

    Raises:
        EngineError: a field is named like one, or what a field holds is the key.
    """
    hint = "a key belongs into an environment variable, which api_key_env names"
    key = os.environ.get(args["api_key_env"] or "", "").strip()
    for path, value in _leaves("model", model) + [
        leaf for name, given in args.items() for leaf in _leaves(name, given)
    ]:
        if _SECRET_NAME.fullmatch(path.rpartition(".")[2]) and value not in (None, ""):
            raise EngineError(f"{path} looks like a secret, and would be written down", hint=hint)
        if len(key) >= SHORTEST_KEY and key in str(value):
            raise EngineError(
                f"{path} holds the server's key, and would be written down", hint=hint
            )


def _leaves(path: str, value: Json) -> list[tuple[str, Json]]:
    """Give the single values of an argument, each with the names that lead to it."""
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in _leaves(f"{path}.{name}", inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(path, inner)]
    return [(path, value)]


def _check_fields(args: Mapping[str, Json]) -> None:
    """Check what decides which fields a request has."""
    if not isinstance(args["extra_body"], dict):
        raise EngineError("extra_body is no mapping of fields to values")
    for name in args["extra_body"]:
        if name in OPENAI_SAMPLING | MORE_SAMPLING | OWN_FIELDS | {FORM}:
            raise EngineError(
                f"extra_body cannot set '{name}'", hint="sampling belongs into the suite's decoding"
            )
    if args["max_tokens_field"] not in ("max_tokens", "max_completion_tokens"):
        raise EngineError("max_tokens_field is max_tokens or max_completion_tokens")
    for name in args["extra_sampling"]:
        if name not in MORE_SAMPLING | {FORM}:
            raise EngineError(
                f"extra_sampling cannot have '{name}'",
                hint=f"it can have {', '.join(sorted(MORE_SAMPLING | {FORM}))}",
            )
