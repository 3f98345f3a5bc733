"""Images: their bytes by place, checked by hash; their pixels by rules that have a version."""

from harness.media.cache import PictureCache, pictures
from harness.media.made import grey
from harness.media.pixels import PIXEL_RULES, decode, load, plain_format, upright_size
from harness.media.places import open
from harness.media.probing import MAX_PIXELS, probe

__all__ = [
    "MAX_PIXELS",
    "PIXEL_RULES",
    "PictureCache",
    "decode",
    "grey",
    "load",
    "open",
    "pictures",
    "plain_format",
    "probe",
    "upright_size",
]
