"""A suite's models → what of each a completion depends on, as it goes into the key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.engines.hub import split_adapter
from harness.engines.protocol import REPLAY, identity
from harness.fingerprint import canonical_json, content_of_paths, sha256_folder
from harness.pipeline.asking.refusals import placed

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.config.problems import Problems
    from harness.records import Json, ModelConfig, Suite


def identities_of(
    suite: Suite, hash_file: Callable[[Path], str], problems: Problems
) -> dict[str, Json]:
    """Give each model's identity by its name; what is wrong with one is gathered."""
    identities: dict[str, Json] = {}
    for model in suite.models:
        with problems.caught(), placed(suite, model):
            identities[model.name] = _identity(model, hash_file)
    return identities


def _identity(model: ModelConfig, hash_file: Callable[[Path], str]) -> Json:
    if model.engine == REPLAY:
        return identity(model)
    checkpoint = _checkpoint(model.model, hash_file) or {
        "id": model.model,
        "revision": model.revision,
    }
    if model.adapter:
        name, revision = split_adapter(model.adapter)
        hub = {"id": name, "revision": revision}
        checkpoint["adapter"] = _checkpoint(name, hash_file) or hub
    known = identity(model)
    return {**known, "args": content_of_paths(known["args"], hash_file), "checkpoint": checkpoint}


def _checkpoint(name: str, hash_file: Callable[[Path], str]) -> dict[str, Json] | None:
    """Give a local folder by the hash of its files; None for an id on the Hub."""
    folder = Path(name)
    if not folder.is_absolute():
        return None
    # A folder that is not there has no hash; the engine says so when it is started.
    return {"files": sha256_folder(folder, hash_file=hash_file) if folder.is_dir() else None}


def identity_texts(identity: Json, params: Json) -> tuple[str, str]:
    """Give the canonical JSON of a model's identity and of its sampling parameters."""
    return canonical_json(identity), canonical_json(params)


def plain_numbers(value: Json) -> Json:
    """Write a whole number as one whatever it was written as: 0.0 and 0 are the same temperature.

    Version 0.1 took them for two; what it kept under the other spelling is found again.
    """
    if isinstance(value, Mapping):
        return {name: plain_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_numbers(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
