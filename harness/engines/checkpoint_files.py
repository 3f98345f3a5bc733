"""A model → its checkpoint's files, as far as they are here, and what stands in them.

Nothing is fetched, no heavy package is imported, and no code of a checkpoint is run. What is not
here, or is no JSON, is empty.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config.files import is_file
from harness.engines.hub import ENGINES, is_commit, on_hub

if TYPE_CHECKING:
    from harness.records import ModelConfig


def checkpoint_folder(model: ModelConfig) -> Path | None:
    """Find a checkpoint's files: its folder, or what the Hub's cache has of its revision."""
    if model.engine not in ENGINES:
        return None
    if not on_hub(model.model):
        return Path(model.model)
    repository = _hub_cache() / f"models--{model.model.replace('/', '--')}"
    revision = model.revision or "main"
    try:
        if not is_commit(revision):
            revision = (repository / "refs" / revision).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    return repository / "snapshots" / revision


def read_object(path: Path) -> dict[str, Any]:
    """Read a file's JSON object."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def picture_settings(folder: Path) -> dict[str, Any]:
    """Read the settings of a checkpoint's image processor, from where transformers takes them."""
    nested = read_object(folder / "processor_config.json").get("image_processor")
    return nested if isinstance(nested, dict) else read_object(folder / "preprocessor_config.json")


def has_chat_template(folder: Path) -> bool:
    """Tell whether a checkpoint has one; captioners have none, and rules of their own."""
    files = ("chat_template.jinja", "chat_template.json")
    return any(is_file(folder / name) for name in files) or "chat_template" in read_object(
        folder / "tokenizer_config.json"
    )


def _hub_cache() -> Path:
    """Give the folder in which huggingface_hub keeps files, which is slow to import."""
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache).expanduser()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(os.environ.get("HF_HOME") or caches).expanduser() / "hub"
