"""A place → a MediaRef: an image checked, hashed and measured, its pixels not yet made."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from harness.errors import DataError, NoSuchImage
from harness.fingerprint import sha256_bytes, sha256_file
from harness.media.border import refusing
from harness.media.formats import MAX_PIXELS, ends_well, has_several_frames, open_header
from harness.media.kept_bytes import kept_images
from harness.media.pixels import rules_for
from harness.media.places import MAX_FILE_BYTES, read
from harness.media.standing import what_stands
from harness.records import FilePlace, MediaRef, UrlPlace

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.records import Place

__all__ = ["MAX_PIXELS", "probe"]


def probe(place: Path | Place, hash_file: Callable[[Path], str] = sha256_file) -> MediaRef:
    """Check that an image can be opened, and hash and measure it.

    Its header and its turn are read, and whether it ends as its format ends; only if it does not
    are its pixels decoded. So a file that was cut short is found here, at the price of a header;
    one that is damaged in its middle is found when its pixels are made.

    Args:
        place: where it is; a Path is a file by itself.
        hash_file: hashes the bytes of a file by itself.

    Raises:
        NoSuchImage: it is missing.
        DataError: it is too large, or no image that is read here.
    """
    place = FilePlace(path=str(place)) if isinstance(place, Path) else place
    if not isinstance(place, FilePlace):
        content = read(place)
        with refusing("not a readable image", place.name):
            ref = _probed(BytesIO(content), place, lambda: sha256_bytes(content))
        if isinstance(place, UrlPlace):
            kept_images().put(ref.sha256, content)
        return ref
    path = Path(place.path)
    with refusing("not a readable image", place.name):
        if not path.is_file():
            odd = what_stands(path)
            raise NoSuchImage(f"no such image: {path}" + (f" ({odd} stands there)" if odd else ""))
        with path.open("rb") as file:
            return _probed(file, place, lambda: hash_file(path))


def _probed(file: IO[bytes], place: Place, digest: Callable[[], str]) -> MediaRef:
    size = file.seek(0, 2)
    if size > MAX_FILE_BYTES:
        raise DataError(f"image of {size:,} bytes, more than {MAX_FILE_BYTES:,}: {place.name}")
    file.seek(0)
    image = open_header(file, place.name)
    width, height = image.size
    rules = rules_for(image)
    if image.format != "PNG" or "exif" in image.info:  # a PNG may hold it after its pixels
        image.getexif()
    if not ends_well(image, file):
        image.load()
    return MediaRef(
        place=place,
        sha256=digest(),
        width=width,
        height=height,
        pixels=rules,
        several_frames=has_several_frames(image),
    )
