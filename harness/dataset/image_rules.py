"""An image that can be read → whether a dataset keeps it: as large as its description allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.dataset.row_fault import RowFault

if TYPE_CHECKING:
    from harness.records import DatasetConfig, MediaRef

_MEGA = 1_000_000


class ImageRules:
    """Of one dataset.

    Args:
        config: its description.
    """

    def __init__(self, config: DatasetConfig) -> None:
        self._most = config.max_megapixels

    def check(self, ref: MediaRef) -> None:
        """Look at what is known of an image.

        Raises:
            RowFault: it is left out.
        """
        if self._most is not None and ref.width * ref.height > self._most * _MEGA:
            size = f"image of {ref.width}×{ref.height} pixels"
            limit = f"the {self._most:g} megapixels of 'images.max_megapixels'"
            raise RowFault("unreadable_image", f"{size}, more than {limit}: {ref.name}")
