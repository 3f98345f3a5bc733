"""Strict YAML that knows its lines: text → plain values plus the place of every one of them.

Safe tags only, duplicate keys refused, size, depth and aliases bounded, numbers finite. Whatever
bytes a file holds, it gives values or errors with their lines. What the values mean is not known
here.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.errors import ConfigError, ConfigErrors
from harness.records import TextWhere, Where
from harness.yaml_hints import LINE_END, SPACES_HINT, explain, invisible, key_hint
from harness.yaml_texts import Breaks, text_place

MAX_NODES = 100_000
"""Values that one file may hold once its aliases are written out."""
MAX_LETTERS = 5_000_000
"""Letters of all its texts together, likewise."""
MAX_PROBLEMS = 100
"""Problems of one file that are told."""
MAX_BYTES = 1_000_000
"""Bytes of the largest file."""
MAX_DEPTH = 100
"""Lists and mappings within each other."""
MAX_INTEGER = 2**63
"""Whole numbers are below it."""

_TAG = "tag:yaml.org,2002:"
_SCALARS = frozenset(f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null"))
_KINDS = {
    "int": "a whole number", "float": "a number", "bool": "true or false", "null": "null",
    "map": "key: value lines", "seq": "a list", "str": "a text",
}  # fmt: skip
_RAISED = (RecursionError, ValueError, OverflowError, LookupError, AttributeError, TypeError)
"""What PyYAML raises, beside its own errors, on bytes that it does not foresee."""

_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_ODD = re.compile("[\0\ud800-\udfff]")
"""What an escape in quotes can write and no file, path or request can hold."""

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
    text_breaks: dict[YamlPath, Breaks | None]
    """Where a text's further lines begin; see ``yaml_texts``."""
    written: dict[YamlPath, str]
    """Numbers and truth values that are shown otherwise than written: ``1.10``, ``yes``."""

    def where(self, path: YamlPath = ()) -> Where:
        """Give the place of a value; for one that is not there, of the nearest thing around it."""
        while path and path not in self.key_lines:
            path = path[:-1]
        return Where(path=self.path, line=self.key_lines.get(path, 1))

    def text_where(self, path: YamlPath) -> TextWhere:
        """Give the place where a text's first line stands, and how it goes on."""
        line = self.text_lines.get(path, self.where(path).line)
        return TextWhere(path=self.path, line=line, breaks=self.text_breaks.get(path))


def load_yaml(path: Path) -> YamlSource:
    """Read a YAML file.

    Raises:
        ConfigErrors: the file cannot be read, is no YAML, repeats a key or is endlessly nested.
    """
    return _parsed(_read(path), path)


def parse_value(text: str) -> Any:
    """Read a value that stands alone, as on a command line: ``5``, ``true``, ``[a, b]``, a text.

    What opens a list, a mapping or a quotation must close it; any other text that YAML would take
    for more than one value, such as ``Title: soup``, is itself.

    Raises:
        ConfigErrors: it is a list, mapping or quoted text that is no valid YAML.
    """
    if not text.strip():
        return text
    try:
        value = _parsed(text, Path("value")).data
    except ConfigErrors as error:
        if text.lstrip()[0] in "[{\"'":
            found = [
                ConfigError(f"'{text[:80]}': {p.message}", hint=p.hint) for p in error.problems
            ]
            raise ConfigErrors(found) from error
        return text
    return text if isinstance(value, dict) and not text.lstrip().startswith("{") else value


def _parsed(text: str, path: Path) -> YamlSource:
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        builder = _Builder(path, text, loader)
        data = None if node is None else builder.build(node, ())
    except yaml.YAMLError as error:
        raise ConfigErrors([explain(path, text, error)]) from error
    except _EndlessError as error:
        where = Where(path=path, line=error.line)
        raise ConfigErrors([ConfigError(str(error), where=where, hint=_MOST)]) from error
    except _RAISED as error:
        deep = isinstance(error, RecursionError)
        where = Where(path=path, line=loader.line + 1 if loader else 1)
        raise ConfigErrors(
            [ConfigError(_TOO_DEEP if deep else f"not valid YAML: {error}", where=where)]
        ) from error
    finally:
        if loader:
            loader.dispose()
    if more := builder.problems[MAX_PROBLEMS:]:
        rest = ConfigError(f"{len(more):,} further problems", where=more[0].where)
        raise ConfigErrors([*builder.problems[:MAX_PROBLEMS], rest])
    if builder.problems:
        raise ConfigErrors(builder.problems)
    return YamlSource(
        path=path,
        data=data,
        key_lines=builder.key_lines,
        text_lines=builder.text_lines,
        text_breaks=builder.text_breaks,
        written=builder.written,
    )


_MOST = (
    f"a file may hold {MAX_NODES:,} values and {MAX_LETTERS:,} letters once its aliases are "
    "written out"
)
_TOO_DEEP = f"lists or mappings nested more than {MAX_DEPTH} deep"


def _read(path: Path) -> str:
    if _is_odd(path):
        raise ConfigErrors([ConfigError("cannot be read: it is no file", where=Where(path=path))])
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigErrors([ConfigError(f"no such file: {path}")]) from error
    except (OSError, ValueError) as error:  # ValueError: no file system has such a name
        why = getattr(error, "strerror", None) or error
        raise ConfigErrors(
            [ConfigError(f"cannot be read: {why}", where=Where(path=path))]
        ) from error
    if len(content) > MAX_BYTES:
        raise ConfigErrors(
            [ConfigError(f"a YAML file of more than {MAX_BYTES:,} bytes", where=Where(path=path))]
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigErrors(
            [
                ConfigError(
                    f"not UTF-8: the byte 0x{content[error.start]:02x}",
                    where=Where(path=path, line=line),
                    hint="save the file as UTF-8 in your editor",
                )
            ]
        ) from error


def _is_odd(path: Path) -> bool:
    """Tell whether a pipe, which would be waited for, a device or a folder stands there."""
    try:
        return path.exists() and not path.is_file()
    except (OSError, ValueError):
        return False


class _EndlessError(Exception):
    """A file holds more than it may.

    Args:
        message: of what.
        line: where that is noticed.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class _Loader(yaml.SafeLoader):
    """Stops where there are too many values, which take half a minute, or too deep ones."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._composed = self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        is_key = index is None and isinstance(parent, yaml.MappingNode)
        self._composed += not is_key
        if self._composed > MAX_NODES:
            raise _EndlessError("too many values", self.line + 1)
        if self._depth > MAX_DEPTH + 1:  # the key of a mapping is one deeper than itself
            raise yaml.constructor.ConstructorError(None, None, _TOO_DEEP, self.get_mark())
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Builder:
    """Walks a composed YAML tree once, building values and noting lines."""

    def __init__(self, path: Path, text: str, loader: yaml.SafeLoader) -> None:
        self.path = path
        self.text = text
        self.loader = loader
        self.key_lines: dict[YamlPath, int] = {}
        self.text_lines: dict[YamlPath, int] = {}
        self.text_breaks: dict[YamlPath, Breaks | None] = {}
        self.written: dict[YamlPath, str] = {}
        self._ends = [end.end() for end in LINE_END.finditer(text)]
        self.problems: list[ConfigError] = []
        self._open: list[yaml.Node] = []
        self._nodes = self._letters = 0

    def build(self, node: yaml.Node, path: YamlPath) -> Any:
        self._nodes += 1
        self._letters += len(node.value) if isinstance(node, yaml.ScalarNode) else 0
        if any(node is outer for outer in self._open):
            raise _EndlessError("an alias of what it stands in", self._key_line(path))
        if self._nodes > MAX_NODES or self._letters > MAX_LETTERS:
            raise _EndlessError("aliases that unfold to too much", self._key_line(path))
        if len(self._open) > MAX_DEPTH:  # by aliases
            raise _refusal(_TOO_DEEP, node)
        line = self._line(node.start_mark)
        self.key_lines.setdefault(path, line)
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
                return [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
            if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
                return self._scalar(node, path, line)
            raise _refusal(f"the tag {node.tag} is not allowed", node)
        finally:
            self._open.pop()

    def _scalar(self, node: yaml.ScalarNode, path: YamlPath, line: int) -> Any:
        """Make a value, and refuse what YAML can write and nothing can be meant by."""
        raw = self.text[node.start_mark.index : node.end_mark.index]
        below, self.text_breaks[path] = text_place(raw, node.style, node.value)
        self.text_lines[path] = line + below
        kind = node.tag.removeprefix(_TAG)
        name = f"'{'.'.join(map(str, path))}'"
        try:
            value = self.loader.construct_object(node)
        except (ValueError, LookupError, OverflowError):
            self._problem(f"{name}: '{node.value[:40]}' is not {_KINDS[kind]}", line)
            return None
        if isinstance(value, float) and not math.isfinite(value):
            self._problem(f"{name} is {value}, no number to reckon with", line)
        elif isinstance(value, int) and abs(value) >= MAX_INTEGER:
            self._problem(f"{name}: '{node.value[:40]}' is too large a number", line)
        elif isinstance(value, str) and (odd := _ODD.search(value)):
            self._problem(f"{name} {_odd(odd)}", line)
        elif isinstance(value, int | float) and (why := _misread(node.value)):
            self._problem(f"{name}: '{node.value}' is read as {value}{why}", line)
        elif isinstance(value, bool | int | float) and node.value not in (
            str(value),
            str(value).lower(),
        ):
            self.written[path] = node.value
        return value

    def _key_line(self, path: YamlPath) -> int:
        """Give the line of the last key on the way to a value."""
        while path and not isinstance(path[-1], str):
            path = path[:-1]
        return self.key_lines.get(path, 1)

    def _line(self, mark: yaml.Mark) -> int:
        """Give a line as editors count: PyYAML ends one at U+2028 too, and at other odd letters."""
        return bisect_right(self._ends, mark.index) + 1

    def _problem(self, message: str, line: int) -> None:
        self.problems.append(ConfigError(message, where=Where(path=self.path, line=line)))

    def _mapping(self, node: yaml.MappingNode, path: YamlPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = self._line(key_node.start_mark)
            where = Where(path=self.path, line=line)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(
                    ConfigError("a key must be a word", where=where, hint=key_hint(self.text, line))
                )
                continue
            key = str(key_node.value)
            if odd := _ODD.search(key):
                self._problem(f"a key {_odd(odd)}", line)
                continue
            if key_node.style is None and (name := invisible(key[:1])):
                what = ConfigError(f"a key that begins with {name}", where=where, hint=SPACES_HINT)
                self.problems.append(what)
                continue
            if key_node.tag == f"{_TAG}merge":
                self._problem("'<<' takes no keys over here: write them out", line)
                continue
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


def _misread(written: str) -> str | None:
    """Say why a number is another one for many who read it; None: it is one for all."""
    if ":" in written:
        return ", in base 60: put it in quotes"
    if _OCTAL.fullmatch(written):
        return ", in base 8: put it in quotes, or leave the 0 out"
    if "_" in written:
        return ", which only some programs do: leave the _ out, or put it in quotes"
    return None


def _odd(match: re.Match[str]) -> str:
    if match.group() == "\0":
        return "holds a NUL, which no text or path can"
    return "holds half a character (a lone surrogate)"


def _refusal(problem: str, node: yaml.Node) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
