"""Where a dataset's files are, as it writes it → a path beside it, or a URL that is checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.config.problems import Problems
    from harness.yaml_source import YamlPath, YamlSource

FROM_URLS = ("csv", "tsv", "jsonl", "parquet", "coco")
"""Formats that can be read from a URL."""
_URL = re.compile(r"[A-Za-z][\w+.-]*://")


def url_of(written: str) -> str | None:
    """Give a URL, with a scheme in small letters and no slash at its end; None of a path."""
    if not _URL.match(written):
        return None
    scheme, _, rest = written.partition("://")
    return f"{scheme.lower()}://{rest.rstrip('/')}"


def check_url(
    written: str, key: YamlPath, source: YamlSource, problems: Problems, *, remote: bool
) -> None:
    """Refuse a URL that holds more than a place, and one that may not be asked.

    Args:
        written: as it stands in the file.
        key: where it stands.
        source: the file.
        problems: where it is put.
        remote: whether the dataset says ``remote: true``.
    """
    if (url := url_of(written)) is None:
        return
    name = ".".join(map(str, key))
    fault, hint = None, None
    try:
        parts = urlsplit(url)
    except ValueError:
        problems.add([ConfigError(f"'{name}' is no URL", where=source.where(key))])
        return
    if parts.username is not None or parts.password is not None:
        fault = f"'{name}' holds a name or a password"
        hint = "credentials stand in the environment: AWS_PROFILE, AWS_ACCESS_KEY_ID …"
    elif parts.query or parts.fragment or "::" in url:
        fault = f"'{name}' holds more than a place"
        hint = "settings stand in the environment: AWS_ENDPOINT_URL, AWS_REGION …"
    elif not parts.netloc:
        fault = f"'{name}' names no bucket or server"
    elif parts.scheme in ("http", "https") and not remote:
        fault = f"'{name}' would be fetched from {parts.netloc}, and the dataset does not say so"
        hint = "write 'remote: true' in it"
    if fault:
        problems.add([ConfigError(fault, where=source.where(key), hint=hint)])
