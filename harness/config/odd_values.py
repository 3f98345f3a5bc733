"""A YAML file → the values in it that YAML can write and nothing can be meant by."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError
from harness.records import Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.yaml_source import YamlPath, YamlSource


def odd_values(source: YamlSource, at: YamlPath = ()) -> Iterator[ConfigError]:
    """Find, anywhere in a file or below ``at``, what YAML can write and nothing can be meant by."""
    for path, line in source.key_lines.items():
        value: Any = source.data
        for step in path:
            value = value[step]
        if path[: len(at)] != at:
            continue
        if isinstance(value, float) and not math.isfinite(value):
            message = f"'{_key(path)}' is {value}, no number to reckon with"
            yield ConfigError(message, where=Where(path=source.path, line=line))
        if isinstance(value, str) and "\0" in value:
            message = f"'{_key(path)}' holds a NUL, which no text or path can"
            yield ConfigError(message, where=Where(path=source.path, line=line))


def _key(path: YamlPath) -> str:
    return ".".join(str(step) for step in path)
