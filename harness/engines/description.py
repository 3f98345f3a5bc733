"""A model config → the checkpoint's transformers config and processor; no weights."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.engines.failure import one_line
from harness.engines.hub import download_command
from harness.engines.image_settings import AREA
from harness.engines.protocol import check_packages
from harness.engines.torchvision_ops import mend_imports
from harness.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.records import Json, ModelConfig


NEEDED_BY = {"smolvlm": "num2words"}
"""A checkpoint's ``model_type`` → the package without which its processor cannot be made."""


def check_needs(config: ModelConfig, command: str) -> None:
    """Refuse a model whose pictures or prompts cannot be prepared; nothing heavy is imported.

    Args:
        config: the model.
        command: installs what is missing.

    Raises:
        EngineError: a package is missing.
    """
    if any(config.image.get(name) is not None for name in AREA):
        check_packages("the model's image setting", ["qwen_vl_utils"], command)
    if package := NEEDED_BY.get(kind_of(config.model)):
        check_packages(f"'{config.model}'", [package], command)


def kind_of(model: str) -> str:
    """Read a checkpoint's ``model_type`` from its folder; empty where it cannot be told yet."""
    try:
        text = (Path(model) / "config.json").read_text(encoding="utf-8")
        return str(json.loads(text)["model_type"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def load_description(
    config: ModelConfig, settings: Mapping[str, Json] | None = None
) -> tuple[Any, Any]:
    """Load a checkpoint's transformers config and its processor (or tokenizer, without images).

    Args:
        config: the model.
        settings: of its processor that are other than the checkpoint's own.

    Raises:
        EngineError: there is no such folder, it holds no checkpoint, or the Hub's files are
            neither in the cache nor to be had.
    """
    mend_imports()
    from transformers import AutoConfig, AutoProcessor

    _check_folder(config.model)
    given = {
        "revision": config.revision,
        "trust_remote_code": bool(config.args.get("trust_remote_code", False)),
    }
    try:
        return (
            AutoConfig.from_pretrained(config.model, **given),
            AutoProcessor.from_pretrained(config.model, **given, **(settings or {})),
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise EngineError(
            f"the checkpoint '{config.model}' cannot be read: {_first_line(error)}",
            hint=_hint(config, str(error)),
        ) from error


def load_parts(config: ModelConfig, processor: Any) -> tuple[Any, Any]:
    """Give a checkpoint's tokenizer and its image processor.

    Some captioners' checkpoints hold both and name no processor that joins them.

    Raises:
        EngineError: one of them is missing.
    """
    from transformers import AutoImageProcessor, AutoTokenizer

    if hasattr(processor, "tokenizer") and hasattr(processor, "image_processor"):
        return processor.tokenizer, processor.image_processor
    try:
        return (
            AutoTokenizer.from_pretrained(config.model, revision=config.revision),
            AutoImageProcessor.from_pretrained(config.model, revision=config.revision),
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise EngineError(
            f"the checkpoint '{config.model}' cannot be read: {_first_line(error)}",
            hint=_hint(config, str(error)),
        ) from error


def _first_line(error: Exception) -> str:
    """Give what transformers says itself: it writes for users, unlike what lies below it."""
    return one_line(str(error).strip().partition("\n")[0])


def _check_folder(model: str) -> None:
    folder = Path(model)
    if not folder.is_absolute():
        return
    if not folder.is_dir():
        raise EngineError(
            f"no such model folder: {model}",
            hint="'model' is the path of a checkpoint's folder, or a Hub id like owner/name",
        )
    if not (folder / "config.json").is_file():
        raise EngineError(
            f"the folder {model} holds no checkpoint: config.json is missing",
            hint="give the folder that save_pretrained() or a download wrote",
        )


def _hint(config: ModelConfig, words: str) -> str:
    command = download_command(config.model, config.revision)
    if "trust_remote_code" in words:
        return "it brings its own code: read that, then set trust_remote_code: true under args"
    if Path(config.model).is_absolute():
        return "is the folder a whole checkpoint: config, weights, tokenizer and preprocessor?"
    if os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0"):
        return f"HF_HUB_OFFLINE is set; fetch it once, online: {command}"
    return (
        "is the name right, does it need a token (hf auth login), is there a network? "
        f"A machine without one needs it in its cache ({command}) or a local folder"
    )
