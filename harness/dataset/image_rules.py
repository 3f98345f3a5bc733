"""An image that can be read → whether it is kept: as large as allowed, and fit to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.dataset.row_fault import RowFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.records import DatasetConfig, MediaRef

_MEGA = 1_000_000


class ImageRules:
    """Of one dataset.

    Args:
        config: its description.
        unsuitable: says why an image cannot be shown to a model of the run; None: all can.
    """

    def __init__(
        self, config: DatasetConfig, unsuitable: Callable[[MediaRef], str | None] | None
    ) -> None:
        self._most = config.max_megapixels
        self._unsuitable = unsuitable

    def check(self, ref: MediaRef) -> None:
        """Look at what is known of an image.

        Raises:
            RowFault: it is left out.
        """
        if self._most is not None and ref.width * ref.height > self._most * _MEGA:
            size = f"image of {ref.width}×{ref.height} pixels"
            limit = f"the {self._most:g} megapixels of 'images.max_megapixels'"
            raise RowFault("unreadable_image", f"{size}, more than {limit}: {ref.name}")
        if self._unsuitable and (why := self._unsuitable(ref)):
            raise RowFault("unsuitable_image", f"{why}: {ref.name}")
