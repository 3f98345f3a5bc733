"""Images: their bytes by place, checked by hash; their pixels by rules that have a version."""

from harness.media.cache import PictureCache, pictures
from harness.media.likeness import LOOK_RULES, NEAR, Looks, SeenLooks, look
from harness.media.made import grey
from harness.media.pixels import PIXEL_RULES, decode, load, plain_format, upright_size
from harness.media.places import open
from harness.media.probing import MAX_PIXELS, probe
from harness.media.versions import file_version, version

__all__ = [
    "LOOK_RULES",
    "MAX_PIXELS",
    "NEAR",
    "PIXEL_RULES",
    "Looks",
    "PictureCache",
    "SeenLooks",
    "decode",
    "file_version",
    "grey",
    "load",
    "look",
    "open",
    "pictures",
    "plain_format",
    "probe",
    "upright_size",
    "version",
]
