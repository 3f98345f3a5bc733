"""Where the bytes of an image are, and what is known of it; never the bytes themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_CREDENTIALS = re.compile("//[^/@]*@")

# Places hold text and numbers alone, so that asdict() of a MediaRef is plain JSON; ``type`` says
# which of them an object of that JSON is.


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlace:
    """A file by itself."""

    type: Literal["file"] = "file"
    path: str

    @property
    def name(self) -> str:
        """How messages name it."""
        return self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPlace:
    """A member of a zip or tar archive."""

    type: Literal["member"] = "member"
    archive: str
    """The archive's path."""
    member: str
    """The member's name in it."""

    @property
    def name(self) -> str:
        """How messages name it."""
        return f"{self.archive}:{self.member}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlace:
    """A cell of a Parquet or Arrow table: bytes, a record with ``bytes``, or a list of such."""

    type: Literal["cell"] = "cell"
    table: str
    """The table's path."""
    column: str
    row: int
    """From 0."""
    item: int | None = None
    """Which of the list, from 0; None: the cell holds one."""

    @property
    def name(self) -> str:
        """How messages name it."""
        item = "" if self.item is None else f", item {self.item + 1}"
        return f"{self.table}: {self.column}, row {self.row + 1}{item}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlPlace:
    """A file of a file system that fsspec knows: ``https://…``, ``s3://…``, ``hf://…``."""

    type: Literal["url"] = "url"
    url: str

    @property
    def name(self) -> str:
        """How messages name it: without the password or signature that a URL may hold."""
        return _CREDENTIALS.sub("//", re.split("[?#]", self.url, maxsplit=1)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class GreyPlace:
    """Nowhere: a uniform grey picture, made when it is asked for."""

    type: Literal["grey"] = "grey"
    width: int
    """Pixels."""
    height: int
    """Pixels."""

    @property
    def name(self) -> str:
        """How messages name it."""
        return f"grey, {self.width}×{self.height}"


Place = FilePlace | MemberPlace | CellPlace | UrlPlace | GreyPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRef:
    """One image of a sample: where its bytes are and what they are; never the bytes themselves."""

    kind: Literal["image"] = "image"
    place: Place
    sha256: str
    """Of the bytes."""
    width: int
    """Pixels, as the file says; a photo that is to be turned is measured lying."""
    height: int
    """Pixels."""
    pixels: int = 1
    """The version of the rules by which its pixels are made; see harness.media.pixels."""
    several_frames: bool = False
    """Whether the file holds further frames or pages behind the first, the one that is seen."""

    @property
    def name(self) -> str:
        """How messages name its place."""
        return self.place.name

    @property
    def path(self) -> Path | None:
        """The file, where it is one by itself."""
        return Path(self.place.path) if isinstance(self.place, FilePlace) else None
