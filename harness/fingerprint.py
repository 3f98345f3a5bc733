"""Canonical JSON and its sha256, and hashes of files and folders; knows no record."""

from __future__ import annotations

import hashlib
import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


_MEMBERS = 256
"""Of a list, that are written together."""
_ENCODER = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
)


def canonical_json(value: Any) -> str:
    """Give the one JSON text of a value: keys sorted, no spaces, non-ASCII kept, no NaN.

    Raises:
        ValueError: the value holds NaN or an infinity.
    """
    return _ENCODER.encode(value)


def sha256_text(text: str) -> str:
    """Hash a text; lone surrogates, which models and files do produce, are hashed as they are."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sha256_bytes(content: bytes) -> str:
    """Hash bytes."""
    return hashlib.sha256(content).hexdigest()


def keyed(key: object, name: str) -> int:
    """Hash a name under a key: 64 bits, the same on every machine."""
    text = f"{key}\0{name}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def sha256_json(value: Any) -> str:
    """Hash a value by its canonical JSON."""
    return sha256_text(canonical_json(value))


def sha256_json_list(members: Iterable[Any]) -> str:
    """Hash a list by its canonical JSON, as ``sha256_json`` does; some members are held at a time.

    Raises:
        ValueError: a member holds NaN or an infinity.
    """
    digest = hashlib.sha256(b"[")
    rest, between = iter(members), ""
    while some := list(islice(rest, _MEMBERS)):
        text = f"{between}{canonical_json(some)[1:-1]}"
        digest.update(text.encode("utf-8", "surrogatepass"))
        between = ","
    digest.update(b"]")
    return digest.hexdigest()


def sha256_file(path: Path) -> str:
    """Hash a file's bytes without holding them all in memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_folder(
    folder: Path, *patterns: str, hash_file: Callable[[Path], str] = sha256_file
) -> str:
    """Hash a folder by the relative names and bytes of its files, hidden ones left out.

    Args:
        folder: with all that is below it.
        patterns: only files with such names, such as ``*.py``; default: all.
        hash_file: hashes a file's bytes.
    """
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(p.startswith(".") for p in path.relative_to(folder).parts)
        and (not patterns or any(path.match(pattern) for pattern in patterns))
    )
    return sha256_json([[p.relative_to(folder).as_posix(), hash_file(p)] for p in files])


def content_of_paths(value: Any, hash_file: Callable[[Path], str] = sha256_file) -> Any:
    """Put the hash of its content for every absolute path of a file or folder inside a value.

    What a path leads to may change while its name stays; what depends on it must know.
    """
    if isinstance(value, dict):
        return {name: content_of_paths(inner, hash_file) for name, inner in value.items()}
    if isinstance(value, list):
        return [content_of_paths(inner, hash_file) for inner in value]
    if isinstance(value, str) and Path(value).is_absolute():
        path = Path(value)
        if path.is_dir():
            return {"files": sha256_folder(path, hash_file=hash_file)}
        if path.is_file():
            return {"file": hash_file(path)}
    return value
