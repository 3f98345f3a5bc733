"""``image:`` of a model → what is wrong with its settings; which models heed them is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import EngineError
from harness.nearest import nearest

if TYPE_CHECKING:
    from harness.records import Json

SETTINGS = ("min_pixels", "max_pixels")


def check_image_setting(name: str, value: Json) -> None:
    """Refuse what is no setting, or no number of pixels.

    Raises:
        EngineError: it is one of these.
    """
    key = f"image.{name}"
    if name not in SETTINGS:
        message = f"no image setting is named '{name}'"
        raise EngineError(message, hint=nearest(name, SETTINGS), key=key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        message = f"image setting {name} is {value!r}, not a number of pixels"
        raise EngineError(message, key=key)
