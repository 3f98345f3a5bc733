"""Strict YAML that knows its lines: text → plain values plus the place of every one of them.

Safe tags only, duplicate keys refused, aliases bounded. What the values mean is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from harness.errors import ConfigError, ConfigErrors
from harness.records import Where

if TYPE_CHECKING:
    from pathlib import Path

MAX_NODES = 100_000
"""Values that one file may hold once its aliases are written out."""

_PLAIN_TAGS = tuple(
    f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null")
)

YamlPath = tuple[str | int, ...]
"""Keys and list positions from the top of the file to a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlSource:
    """A YAML file's values and their lines."""

    path: Path
    data: Any
    key_lines: dict[YamlPath, int]
    """Where a value's key (or list item) stands, 1-based."""
    text_lines: dict[YamlPath, int]
    """Where a text's own first line stands: under the ``|`` of a block, else beside the key."""

    def where(self, path: YamlPath = ()) -> Where:
        """Give the place of a value; for one that is not there, of the nearest thing around it."""
        while path and path not in self.key_lines:
            path = path[:-1]
        return Where(path=self.path, line=self.key_lines.get(path, 1))

    def text_where(self, path: YamlPath) -> Where:
        """Give the place where a text's first line stands."""
        return Where(path=self.path, line=self.text_lines.get(path, self.where(path).line))


def load_yaml(path: Path) -> YamlSource:
    """Read a YAML file.

    Raises:
        ConfigErrors: the file cannot be read, is no YAML, repeats a key or is endlessly nested.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigErrors([ConfigError(f"no such file: {path}")]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigErrors(
            [ConfigError(f"cannot be read: {error}", where=Where(path=path))]
        ) from error
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        builder = _Builder(path, loader)
        data = None if node is None else builder.build(node, ())
    except yaml.YAMLError as error:
        raise ConfigErrors([_syntax_error(path, error)]) from error
    finally:
        loader.dispose()
    if builder.problems:
        raise ConfigErrors(builder.problems)
    return YamlSource(
        path=path, data=data, key_lines=builder.key_lines, text_lines=builder.text_lines
    )


class _Builder:
    """Walks a composed YAML tree once, building values and noting lines."""

    def __init__(self, path: Path, loader: yaml.SafeLoader) -> None:
        self.path = path
        self.loader = loader
        self.key_lines: dict[YamlPath, int] = {}
        self.text_lines: dict[YamlPath, int] = {}
        self.problems: list[ConfigError] = []
        self._open: list[yaml.Node] = []
        self._nodes = 0

    def build(self, node: yaml.Node, path: YamlPath) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or any(node is outer for outer in self._open):
            raise yaml.constructor.ConstructorError(
                None, None, "aliases that unfold without end", node.start_mark
            )
        if not node.tag.startswith(_PLAIN_TAGS):
            raise yaml.constructor.ConstructorError(
                None, None, f"the tag {node.tag} is not allowed", node.start_mark
            )
        line = node.start_mark.line + 1
        self.key_lines.setdefault(path, line)
        self.text_lines[path] = line + 1 if getattr(node, "style", None) in ("|", ">") else line
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
            return self.loader.construct_object(node)
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, path: YamlPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            where = Where(path=self.path, line=line)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(ConfigError("a key must be a word", where=where))
                continue
            key = str(key_node.value)
            if key in values:
                self.problems.append(
                    ConfigError(
                        f"'{key}' stands here a second time",
                        where=where,
                        hint=f"the first is on line {self.key_lines[(*path, key)]}",
                    )
                )
                continue
            self.key_lines[(*path, key)] = line
            values[key] = self.build(value_node, (*path, key))
        return values


def _syntax_error(path: Path, error: yaml.YAMLError) -> ConfigError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return ConfigError(
        f"not valid YAML: {problem}",
        where=Where(path=path, line=mark.line + 1 if mark else None),
        hint="a text with ': ' or '#' in it needs quotes; a long one goes under 'user: |'",
    )
