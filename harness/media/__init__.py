"""Images: their bytes by place, checked by hash; their pixels by rules that have a version."""

from harness.media.archives import read_member
from harness.media.cache import PictureCache, pictures
from harness.media.likeness import LOOK_RULES, NEAR, Looks, SeenLooks, look
from harness.media.made import grey
from harness.media.pixels import PIXEL_RULES, decode, load, load_here, plain_format, upright_size
from harness.media.places import open, open_remote
from harness.media.probing import MAX_PIXELS, probe
from harness.media.remote import THREADS, below
from harness.media.standing import what_stands
from harness.media.versions import file_version, version

__all__ = [
    "LOOK_RULES",
    "MAX_PIXELS",
    "NEAR",
    "PIXEL_RULES",
    "THREADS",
    "Looks",
    "PictureCache",
    "SeenLooks",
    "below",
    "decode",
    "file_version",
    "grey",
    "load",
    "load_here",
    "look",
    "open",
    "open_remote",
    "pictures",
    "plain_format",
    "probe",
    "read_member",
    "upright_size",
    "version",
    "what_stands",
]
