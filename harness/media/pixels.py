"""Bytes of an image → its pixels, as RGB, by rules that have a version.

Version 1: the first frame, upright by its EXIF turn, transparent pixels over white, eight bits a
channel as Pillow converts them; colour profiles are left out. Version 2, for grey pictures of more
than eight bits, whose gradients version 1 cuts off:

- 16 bits (12 in a TIFF that says so): the upper eight bits, as of a 16-bit RGB file;
- floating point: 0 is black and 1 white if no value lies outside, otherwise the smallest value is
  black and the largest white; NaN is black;
- 32 bits, and signed 16: the smallest value is black and the largest white.

A picture keeps the lowest version that makes its pixels, since the version of all but 1 is in the
keys of completions. docs/reference/images.md says the same for users.
"""

from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING, Any

from harness.errors import DataError
from harness.media.border import refusing
from harness.media.formats import DEEP, open_header
from harness.media.kept_bytes import kept_images
from harness.media.missing_pixels import lacks_pixels
from harness.media.places import open as open_media
from harness.records import UrlPlace

if TYPE_CHECKING:
    from PIL import Image

    from harness.records import MediaRef

PIXEL_RULES = 2
"""The newest version."""

_LYING = (5, 6, 7, 8)
"""EXIF's turns by a quarter: width and height change places."""
_BLOCK = 1 << 22
"""Pixels that are scaled at a time."""
_PNG_BITS = 24
"""The byte of a PNG that says how many bits a sample has."""
_BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339
"""TIFF tags; the last two: which end is white, and whether whole numbers have a sign."""


def rules_for(image: Image.Image) -> int:
    """Give the version of the rules by which the pixels of an opened image are made."""
    return 2 if image.mode in DEEP else 1


def load(ref: MediaRef) -> Image.Image:
    """Open an image and make its pixels; see ``open`` and ``decode``.

    Raises:
        DataError: it has gone, is not the one that was probed, or cannot be decoded.
    """
    return decode(open_media(ref), ref)


def load_here(ref: MediaRef) -> Image.Image | None:
    """Open an image as ``load`` does, but fetch none: one at a URL is there if it has been kept.

    Raises:
        DataError: it has gone, is not the one that was probed, or cannot be decoded.
    """
    if not isinstance(ref.place, UrlPlace):
        return load(ref)
    kept = kept_images().get(ref.sha256)
    return None if kept is None else decode(kept, ref)


def decode(content: bytes, ref: MediaRef) -> Image.Image:
    """Make the pixels of an image, as RGB.

    Args:
        content: its bytes.
        ref: says by which version of the rules.

    Raises:
        DataError: it cannot be decoded, or the version is not known here.
    """
    if not 1 <= ref.pixels <= PIXEL_RULES:
        raise DataError(f"rules {ref.pixels} for pixels are not known here: {ref.name}")
    with refusing("image cannot be decoded", ref.name):
        from PIL import ImageOps

        image = open_header(BytesIO(content), ref.name)
        image.load()
        if lacks_pixels(image, content):
            raise ValueError("pixels are missing at its end")
        ImageOps.exif_transpose(image, in_place=True)
        if ref.pixels > 1 and image.mode in DEEP:
            return _grey(image).convert("RGB")
        return _rgb(image)


def upright_size(ref: MediaRef) -> tuple[int, int]:
    """Give the width and height of an image's pixels, which is turned as ``decode`` turns it.

    Its header is read, and of a PNG whose turn stands behind its pixels these too.

    Raises:
        DataError: it has gone or cannot be read.
    """
    with refusing("image cannot be decoded", ref.name):
        from PIL import ExifTags

        with ref.path.open("rb") if ref.path else BytesIO(open_media(ref)) as file:
            image = open_header(file, ref.name)
            # Pillow's reader of TIFF turns by itself, and says the size that it will give.
            lies = image.getexif().get(ExifTags.Base.Orientation, 1) in _LYING
            turned = lies and image.format != "TIFF"
        return (ref.height, ref.width) if turned else (ref.width, ref.height)


def plain_format(content: bytes, ref: MediaRef) -> str | None:
    """Name the format of a file whose pixels every reader sees alike: jpeg, png or webp.

    None for one that is to be turned, is transparent, animated, in other colours than RGB or grey,
    or of more than eight bits: what is seen of it depends on who reads it.

    Raises:
        DataError: it cannot be decoded.
    """
    with refusing("image cannot be decoded", ref.name):
        from PIL import ExifTags

        image = open_header(BytesIO(content), ref.name)
        plain = (
            image.format in ("JPEG", "PNG", "WEBP")
            and image.mode in ("RGB", "L")
            and not (image.format == "PNG" and content[_PNG_BITS] > 8)
            and getattr(image, "n_frames", 1) == 1
            and "transparency" not in image.info
            and image.getexif().get(ExifTags.Base.Orientation, 1) == 1
        )
        return (image.format or "").lower() if plain else None


def _rgb(image: Image.Image) -> Image.Image:
    from PIL import Image

    if image.mode == "RGB" and "transparency" not in image.info:
        return image  # as most are: a copy costs as much as half of the decoding
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA"):
        layer = image.convert("RGBA")
        opaque = Image.new("RGBA", layer.size, "white")
        opaque.alpha_composite(layer)
        return opaque.convert("RGB")
    return image.convert("RGB")


def _grey(image: Image.Image) -> Image.Image:
    """Scale a grey picture of more than eight bits to eight."""
    import numpy as np
    from PIL import Image

    values = np.asarray(image)
    tags: Any = getattr(image, "tag_v2", {})
    if image.mode.startswith("I;16") or (image.format == "PPM" and image.mode == "I"):
        bits = tags.get(_BITS, (16,))[0]
        grey = (values >> (bits - 8)).astype(np.uint8)
    elif image.mode == "F":
        grey = _stretched(values, at_least=(0.0, 1.0))
    else:
        unsigned = tags.get(_SAMPLE_FORMAT, (1,))[0] == 1
        grey = _stretched(values.view(np.uint32) if unsigned else values)
    if tags.get(_PHOTOMETRIC) == 0:  # white is zero
        grey = 255 - grey
    if (transparent := image.info.get("transparency")) is not None:
        grey[values == transparent] = 255
    return Image.fromarray(grey)


def _stretched(values: Any, at_least: tuple[float, float] | None = None) -> Any:
    """Scale values so that the smallest becomes 0 and the largest 255.

    Args:
        values: of any kind of number.
        at_least: taken as the ends where no value lies outside.

    Raises:
        DataError: no value is a finite number.
    """
    import numpy as np

    low, high = float(values.min()), float(values.max())
    if not math.isfinite(high - low):  # which NaN makes of both; the mask takes time
        finite = values[np.isfinite(values)]
        if not finite.size:
            raise DataError("it holds no number")
        low, high = float(finite.min()), float(finite.max())
    if at_least and at_least[0] <= low and high <= at_least[1]:
        low, high = at_least
    elif low == high:  # a picture of one value has no gradient to keep
        low, high = (low, low + 1) if low <= 0 else (low - 1, low)
    grey = np.empty(values.shape, np.uint8)
    rows = max(1, _BLOCK // values.shape[1])
    for top in range(0, len(values), rows):
        block = (values[top : top + rows].astype(np.float64) - low) * (255 / (high - low))
        grey[top : top + rows] = np.rint(np.nan_to_num(block, nan=0, posinf=255, neginf=0)).clip(
            0, 255
        )
    return grey
