"""``image:`` of a model → what is wrong with its settings, before a model is loaded.

Each family of models has settings of its own, named as its processor names them where it has a
word. Which family a checkpoint is of is told by its files; where these are not here, a setting of
any family may be meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.engines.checkpoint_files import checkpoint_folder, read_object
from harness.errors import EngineError
from harness.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.records import Json, ModelConfig

AREA = ("min_pixels", "max_pixels")
PARTS = ("longest_edge", "do_image_splitting")
TILES = ("max_tiles",)
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "qwen2_vl": AREA,
    "qwen2_5_vl": AREA,
    "qwen3_vl": AREA,
    "idefics2": PARTS,
    "idefics3": PARTS,
    "smolvlm": PARTS,
    "internvl": TILES,
    "llava_next": TILES,
    "llava_onevision": TILES,
}
"""How a checkpoint's ``model_type`` begins → the settings that it heeds."""
_VALUES = {
    **dict.fromkeys((*AREA, "longest_edge"), "a number of pixels"),
    "max_tiles": "a number of tiles",
    "do_image_splitting": "true or false",
}
"""Setting → what it takes."""


def family_of(kind: str) -> str | None:
    """Find the family of a ``model_type``; None for one that heeds no setting."""
    return next((family for family in FAMILIES if kind.startswith(family)), None)


def check_image_settings(model: ModelConfig) -> None:
    """Refuse what is no setting, what its family does not heed, and values that cannot be.

    Raises:
        EngineError: a setting is one of these.
    """
    folder = checkpoint_folder(model)
    kind = read_object(folder / "config.json").get("model_type") if folder else None
    check_settings(model.image, str(kind) if kind else None)


def check_settings(settings: Mapping[str, Json], kind: str | None) -> None:
    """Do as ``check_image_settings`` does, of a ``model_type``; None: nobody knows.

    Raises:
        EngineError: a setting is wrong.
    """
    heeded = tuple(_VALUES) if kind is None else FAMILIES.get(family_of(kind) or "", ())
    for name, value in settings.items():
        key = f"image.{name}"
        if name not in _VALUES:
            hint = nearest(name, heeded or tuple(_VALUES))
            raise EngineError(f"no image setting is named '{name}'", hint=hint, key=key)
        if name not in heeded:
            hint = f"its settings: {', '.join(heeded)}" if heeded else "it has none: leave it out"
            raise EngineError(f"'{name}' is no image setting of a {kind}", hint=hint, key=key)
        if value is not None and not _possible(name, value):
            message = f"image setting {name} is {value!r}, not {_VALUES[name]}"
            raise EngineError(message, key=key)


def _possible(name: str, value: Json) -> bool:
    if name == "do_image_splitting":
        return isinstance(value, bool)
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
