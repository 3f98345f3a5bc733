"""Image files: checked, hashed and measured once; their pixels opened only when a model asks."""

from __future__ import annotations

import warnings
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from harness.errors import DataError
from harness.fingerprint import sha256_bytes, sha256_file
from harness.records import MediaRef

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PIL import Image

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 100_000_000


def probe(path: Path, hash_file: Callable[[Path], str] = sha256_file) -> MediaRef:
    """Check that a file is an image that can be opened, and hash and measure it.

    Only the header is decoded here; a file cut short shows when its pixels are loaded.

    Raises:
        DataError: the file is missing, too large, or no image that Pillow knows.
    """
    from PIL import Image, UnidentifiedImageError

    if not path.is_file():
        raise DataError(f"no such image: {path}")
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise DataError(f"image of {size:,} bytes, more than {MAX_FILE_BYTES:,}: {path}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                width, height = image.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise DataError(f"not a readable image: {path} ({error})") from error
    if width * height > MAX_PIXELS:
        raise DataError(f"image of {width}×{height} pixels, more than {MAX_PIXELS:,}: {path}")
    return MediaRef(path=path, sha256=hash_file(path), width=width, height=height)


@lru_cache(maxsize=8)
def load(ref: MediaRef) -> Image.Image:
    """Open an image as RGB, upright by its EXIF turn; transparent pixels become white.

    The last few images are kept, because the systems of a run ask for one image one after another.
    Safe to call from worker threads; the result is shared, so do not draw on it.

    Raises:
        DataError: the file has gone, is not the one that was probed, or cannot be decoded.
    """
    from PIL import Image, ImageOps

    try:
        content = ref.path.read_bytes()
        if sha256_bytes(content) != ref.sha256:
            # Its answer would stand under the old image's key.
            raise DataError(f"image has changed since the run began: {ref.path}")
        with Image.open(BytesIO(content)) as image:
            ImageOps.exif_transpose(image, in_place=True)
            image.load()
            if image.mode == "RGB" and "transparency" not in image.info:
                return image  # as most are: a copy costs as much as half of the decoding
            if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA"):
                layer = image.convert("RGBA")
                opaque = Image.new("RGBA", layer.size, "white")
                opaque.alpha_composite(layer)
                return opaque.convert("RGB")
            return image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"image cannot be decoded: {ref.path} ({error})") from error
