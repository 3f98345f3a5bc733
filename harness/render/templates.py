"""Jinja sources of a variant, and the files that they include → templates that can be run; no I/O.

Every template of a variant shares one environment and one limit on how much code there is. Which
files there are to include was found out where files are read: ``config/parts``.
"""

from __future__ import annotations

import re
from ast import literal_eval
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

from jinja2 import Template, TemplateSyntaxError
from jinja2.meta import find_undeclared_variables

from harness.errors import RenderError
from harness.nearest import nearest
from harness.records import TemplatePart, TextWhere, Where
from harness.render.mistakes import TemplateMistake
from harness.render.sandbox import PromptEnvironment
from harness.yaml_hints import invisible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

MAX_SOURCE = 500_000
"""Characters that the templates of a prompt may have together, with what they include."""
MAX_TOKENS = 20_000
"""Words and signs that they may have inside their {{ … }} and {% … %}."""

STATEMENTS = ("if", "for", "set", "with", "macro", "call", "filter", "raw", "include", "import")
_JINJA = "Jinja writes values as {{ name }} and statements as {% if … %}"
_UNCLOSED = re.compile(r"Unexpected end of template.*needs to be closed is '(\w+)'", re.DOTALL)
_UNKNOWN_TAG = re.compile(r"Encountered unknown tag '(\w+)'")
_ASSIGNED = re.compile(r"expected token '.+', got '='$")
_EQUALS = "'==' compares, as in {% if metadata.lang == 'es' %}; '=' stands in {% set name = … %}"
_ODD_SIGN = re.compile(r"unexpected char '(.|\\u\w{4}|\\x\w{2})' at \d+", re.DOTALL)
_CURLY = "“”„‟‘’‚‛«»‹›"
_STRAIGHT = (
    "a template's quotation marks are \" and ', which an editor may have put these in place of"
)
_TEMPLATE_FILE = re.compile(r"<template (\d+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A template as it is written."""

    text: str
    begin: Where | None
    """Where its first line stands; None where nobody knows."""
    folder: Path | None
    """Whose files it may include."""

    @property
    def breaks(self) -> tuple[tuple[int, int], ...] | None:
        """Where lines of its file begin in it; None: each of its own lines is one."""
        return self.begin.breaks if isinstance(self.begin, TextWhere) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A template of a variant."""

    template: Template
    index: int
    """Among the sources of the variant."""
    made: frozenset[str]
    """Macros and variables that it makes."""


class PromptTemplates:
    """The templates of one variant.

    Args:
        sources: of its turns, in order.
        parts: files that they may include.

    Raises:
        RenderError: a template is no valid Jinja, too long, or includes what it cannot.
    """

    def __init__(self, sources: Iterable[Source], parts: Iterable[TemplatePart]) -> None:
        self._environment = PromptEnvironment()
        self._parts = {(part.folder, part.name): part for part in parts}
        self._keys: dict[tuple[Path, str], str] = {}
        self._made: dict[tuple[Path, str], frozenset[str]] = {}
        self._open: list[tuple[Path, str]] = []
        self._characters = self._tokens = 0
        self._sources: list[Source] = []
        self.made: set[str] = set()
        """Macros and variables that a template makes."""
        self._columns: dict[int, Sequence[tuple[int, tuple[str, ...]]]] = {}
        self.turns = tuple(self._compile(source, "the prompt") for source in sources)
        """The compiled sources."""

    def where(self, index: int, line: int | None) -> Where | None:
        """Give the place of a line of a source, 1-based; without a line, of its beginning."""
        begin = self._sources[index].begin
        if begin is None or begin.line is None:
            return begin
        return Where(path=begin.path, line=begin.line + (line or 1) - 1)

    def failed_at(self, error: Exception, otherwise: int) -> tuple[int, int | None]:
        """Find where templates failed: the source and line of the last frame that is of one.

        Args:
            error: what one raised.
            otherwise: the source that is meant where no frame tells.
        """
        found: tuple[int, int | None] = (otherwise, None)
        trace = error.__traceback__
        while trace:
            if match := _TEMPLATE_FILE.fullmatch(trace.tb_frame.f_code.co_filename):
                found = (int(match[1]), trace.tb_lineno)
            trace = trace.tb_next
        return found

    def columns(self, index: int, line: int | None) -> Iterator[tuple[str, ...]]:
        """Give the paths that are looked up in the metadata on a line of a source."""
        return (path for at, path in self._columns[index] if at == line)

    def place_of(self, column: str) -> Where | None:
        """Find where a template looks up a column of the metadata first."""
        places = (
            (index, line)
            for index, columns in self._columns.items()
            for line, path in columns
            if path[0] == column
        )
        index, line = next(places, (-1, None))
        return self.where(index, line) if line is not None else None

    @cached_property
    def names(self) -> frozenset[str]:
        """Give every name that a template looks up and does not make itself."""
        trees = (self._environment.tree(source.text) for source in self._sources)
        return frozenset(name for tree in trees for name in find_undeclared_variables(tree))

    def _compile(self, source: Source, name: str, *, repeated: bool = False) -> Compiled:
        index = len(self._sources)
        self._sources.append(source)
        self._measure(source, index)

        def part(named: str, line: int) -> tuple[str, frozenset[str]]:
            return self._part(source, named, line)

        environment = self._environment
        grammar = environment.grammar(part, repeated=repeated)
        try:
            self._count(source)
            tree = grammar.visit(environment.tree(source.text, source.breaks))
            template = environment.made(tree, name, f"<template {index}>")
        except TemplateSyntaxError as error:
            message, line, hint = self._explained(source, error)
            self._refuse(message, index, line, error, hint)
        except TemplateMistake as error:
            self._refuse(str(error), index, error.line, error, error.hint)
        except (RecursionError, MemoryError, SyntaxError) as error:
            # SyntaxError: Python's own limit on how deep what Jinja has compiled may be nested.
            self._refuse("the template is nested too deeply", index, 1, error)
        except ValueError as error:
            self._refuse(f"not valid Jinja: {error}", index, 1, error)
        self._columns[index] = tuple(grammar.columns)
        self.made |= grammar.made
        return Compiled(template=template, index=index, made=frozenset(grammar.made))

    def _refuse(
        self, message: str, index: int, line: int | None, error: Exception, hint: str | None = None
    ) -> NoReturn:
        raise RenderError(message, where=self.where(index, line), hint=hint) from error

    def _measure(self, source: Source, index: int) -> None:
        self._characters += len(source.text)
        if self._characters > MAX_SOURCE:
            one = len(self._sources) == 1
            what = "a template" if one else "the templates of a prompt"
            raise RenderError(
                f"{what} of more than {MAX_SOURCE:,} characters", where=self.where(index, 1)
            )

    def _count(self, source: Source) -> None:
        for line, _, _ in self._environment.tokens(source.text, source.breaks):
            self._tokens += 1
            if self._tokens > MAX_TOKENS:
                raise TemplateMistake("a template with too much code in it", line=line)

    def _explained(self, source: Source, error: TemplateSyntaxError) -> tuple[str, int | None, str]:
        """Say of an error of Jinja what it is, its line, and what to write."""
        message = error.message or "not valid Jinja"
        if match := _UNCLOSED.search(message):
            line = self._opened(source, match[1]) or error.lineno
            return f"{{% {match[1]} %}} is not closed", line, f"write {{% end{match[1]} %}}"
        if match := _UNKNOWN_TAG.match(message):
            tag = match[1]
            hint = nearest(tag, STATEMENTS) or _JINJA
            if tag.startswith("end") or tag in ("else", "elif"):
                hint = (
                    f"no {{% {tag.removeprefix('end') if tag != 'else' else 'if'} %}} is open here"
                )
            return f"there is no statement {{% {tag} %}}", error.lineno, hint
        if _ASSIGNED.match(message):
            return "a single '=' where two things are compared", error.lineno, _EQUALS
        if match := _ODD_SIGN.match(message):
            sign = literal_eval(f"'{match[1]}'") if "\\" in match[1] else match[1]
            if sign in _CURLY:
                return f"the typographic quotation mark {sign}", error.lineno, _STRAIGHT
            name = invisible(sign)
            shown = f"the invisible character {name}" if name else f"the sign {sign}"
            return f"{shown}, which means nothing in a template", error.lineno, _JINJA
        return message, error.lineno, _JINJA

    def _opened(self, source: Source, statement: str) -> int | None:
        """Find the line of the last statement of a kind that is not closed."""
        open_: list[int] = []
        begins = False
        for line, kind, text in self._environment.tokens(source.text, source.breaks):
            if kind == "name" and begins:
                if text == statement:
                    open_.append(line)
                elif text == f"end{statement}" and open_:
                    open_.pop()
            begins = kind == "block_begin" or (begins and kind == "whitespace")
        return open_[-1] if open_ else None

    def _part(self, source: Source, named: str, line: int) -> tuple[str, frozenset[str]]:
        """Compile a file that a template includes; give its key, and the names that it makes.

        Raises:
            TemplateMistake: there is no such file, it cannot be used, or it includes itself.
        """
        known = [name for folder, name in self._parts if folder == source.folder]
        part = self._parts.get((source.folder, named)) if source.folder else None
        if part is None:
            raise TemplateMistake(
                f"there is no '{named}' to be included",
                hint=nearest(named, known) or "the name stands in quotes, as the file is called",
                line=line,
            )
        if part.fault:
            hint = _AS_UTF8 if "UTF-8" in part.fault else _ALLOWED
            raise TemplateMistake(f"'{named}' {part.fault}", hint=hint, line=line)
        place = (part.folder, named)
        if place in self._open:
            names = [name for _, name in self._open[self._open.index(place) :]]
            circle = " → ".join([*names, named])
            raise TemplateMistake(f"files include each other in a circle: {circle}", line=line)
        if place not in self._keys:
            self._open.append(place)
            begin = Where(path=part.path, line=1)
            # A file's last line keeps its end, which Jinja would take away: it stands on lines of
            # its own where {% include %} does, whose own line end is removed.
            text = f"{part.text}\n" if part.text.endswith("\n") else part.text
            inner = Source(text=text, begin=begin, folder=part.folder)
            compiled = self._compile(inner, named, repeated=True)
            self._open.pop()
            self._keys[place] = str(compiled.index)
            self._made[place] = compiled.made
            self._environment.offer(self._keys[place], compiled.template, len(part.text))
        return self._keys[place], self._made[place]


_AS_UTF8 = "save the file as UTF-8 in your editor"
_ALLOWED = "a prompt includes files of the folder that its own YAML file stands in"
