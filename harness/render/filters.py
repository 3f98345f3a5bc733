"""The filters and tests that a template may use, each weighed before and after it runs.

Jinja's own do the work. Left out: what gives another text each time (random), what shows Python's
insides (attr, pprint), what writes HTML (urlize, xmlattr).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from jinja2 import Undefined, pass_context
from jinja2.filters import FILTERS, make_attrgetter
from jinja2.tests import TESTS

from harness.render.budget import ELEMENT, STEP, Budget, current
from harness.render.mistakes import NullShown, TemplateMistake
from harness.render.misuse import RAISED, misuse
from harness.render.placed import Placed, joined
from harness.render.specs import check_format
from harness.render.values import NULL_HINT, check_text, kind_of, shown

if TYPE_CHECKING:
    from jinja2.runtime import Context

Filter = Callable[..., Any]

FROM_TEXT = frozenset(
    "abs capitalize center e escape filesizeformat float forceescape format indent int lower "
    "replace round safe split string striptags title trim truncate truncate_words upper urlencode "
    "wordcount wordwrap".split()
)
"""Filters that take their value, and their arguments, for a text or a number."""

FROM_ANY = frozenset(
    "batch count d default dictsort first groupby items join last length list map max min "
    "natural_list reject rejectattr reverse select selectattr slice sort sum tojson "
    "unique".split()
)
"""Filters that take lists, mappings, or anything."""

NOT_TESTS = frozenset({"callable", "escaped", "filter", "test"})


def filters() -> dict[str, Filter]:
    """List every filter by its name."""
    own: dict[str, Filter] = {
        "default": _default,
        "d": _default,
        "join": _join,
        "natural_list": _natural_list,
        "split": _split,
        "truncate_words": _truncate_words,
    }
    return {
        name: _guarded(name, own.get(name) or FILTERS[name])
        for name in sorted(FROM_TEXT | FROM_ANY)
    }


def tests() -> dict[str, Filter]:
    """List every test (``is …``) by its name."""
    return {
        name: _weighed(cast("Filter", test))
        for name, test in TESTS.items()
        if name not in NOT_TESTS
    }


def each(context: Context, value: Any) -> Any:
    """Let a loop run over a value, its turns paid beforehand.

    Raises:
        TemplateMistake: the value is no list, or too long a one.
    """
    if value is None:
        raise NullShown("a loop over null", hint="write {% for … in … or [] %}")
    if isinstance(value, Placed):
        raise TemplateMistake("a loop over an image", hint="{% for picture in images %}")
    if isinstance(value, str | list | tuple | range | Mapping):
        current().spend(STEP * len(value))
    return value


_WORD = re.compile(r"\S+")
_PASSED: Mapping[str | None, Callable[[Context], tuple[Any, ...]]] = {
    None: lambda _context: (),
    "context": lambda context: (context,),
    "eval_context": lambda context: (context.eval_ctx,),
    "environment": lambda context: (context.environment,),
}
"""What a filter of Jinja's asks for as its first argument → how it gets it."""


def _guarded(name: str, work: Filter) -> Filter:
    before = _COSTS.get(name)
    takes_null = name in ("default", "d", "tojson")
    takes_image = name in ("default", "d", "trim")
    passed = _PASSED[getattr(getattr(work, "jinja_pass_arg", None), "name", None)]

    @pass_context
    def run(context: Context, value: Any, *args: Any, **options: Any) -> Any:
        budget = current()
        budget.spend(STEP)
        if value is None and not takes_null:
            raise NullShown(f"'{name}' of null", hint=NULL_HINT)
        given = (value, *args, *options.values()) if args or options else (value,)
        for argument in given:
            budget.weigh(argument)
        if isinstance(value, Placed):
            if not takes_image or (name == "trim" and args):
                check_text(budget, value)
            return value.trimmed() if name == "trim" else value
        if name in FROM_TEXT:
            for argument in given:
                check_text(budget, argument)
        with _told(name, work, (value, args, options)):
            if before:
                before(budget, value, *args, **options)
            result = work(*passed(context), value, *args, **options)
            if isinstance(result, Iterator):
                result = list(_paid(budget, result))
        budget.weigh(result)
        return result

    return run


@contextmanager
def _told(
    name: str, work: Filter, given: tuple[Any, tuple[Any, ...], dict[str, Any]]
) -> Iterator[None]:
    """Say in plain words what is wrong where a filter fails."""
    try:
        yield
    except RAISED as error:
        said = misuse(name, work, given, FROM_TEXT, error)
        if said is error:
            raise
        raise said from error


def _paid(budget: Budget, values: Iterator[Any]) -> Iterator[Any]:
    for value in values:
        budget.spend(ELEMENT)
        yield value


def _weighed(test: Filter) -> Filter:
    passed = getattr(test, "jinja_pass_arg", None) is not None

    @pass_context
    def run(context: Context, value: Any, *args: Any, **options: Any) -> Any:
        budget = current()
        budget.spend(STEP)
        for argument in (value, *args, *options.values()):
            budget.weigh(argument)
        first = (context.environment,) if passed else ()
        return test(*first, value, *args, **options)

    return run


def _default(value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    """Give another value for one that is undefined or null."""
    if value is None or isinstance(value, Undefined) or (boolean and not value):
        return default_value
    return value


@pass_context
def _join(context: Context, value: Any, d: Any = "", attribute: Any = None) -> str | Placed:
    """Put the texts, or images, of a list together."""
    budget = current()
    items = (
        value if attribute is None else map(make_attrgetter(context.environment, attribute), value)
    )
    between = shown(budget, d)
    pieces: list[str | Placed] = []
    for item in items:
        pieces += [between] if pieces else []
        pieces.append(shown(budget, item))
        budget.spend(len(between) if isinstance(between, str) else STEP)
    return joined(pieces)


@pass_context
def _natural_list(context: Context, value: Any, last: str = "and") -> str | Placed:
    """Write a list as in a sentence: ``a, b and c``."""
    items = list(value)
    if len(items) < 2:
        return _join(context, items)
    head: str | Placed = _join(context, items[:-1], ", ")
    return _join(context, [head, items[-1]], f" {last} ")


def _truncate_words(value: Any, words: int, end: str = "…") -> str:
    """Keep the first words of a text, and say by ``end`` that there were more."""
    text = str(value)
    found = list(_WORD.finditer(text))
    if len(found) <= words:
        return text
    return text[: found[words - 1].end()].rstrip(",;:") + end if words > 0 else ""


def _split(value: Any, separator: str | None = None) -> list[str]:
    """Give the parts of a text between separators; between white space by default."""
    return str(value).split(separator)


# What a filter may cost beyond its arguments' sizes; each takes what the filter takes.


def _center(budget: Budget, value: Any, width: int = 80) -> None:
    budget.spend(max(0, int(width)))


def _indent(
    budget: Budget, s: Any, width: int | str = 4, first: bool = False, blank: bool = False
) -> None:
    added = len(width) if isinstance(width, str) else max(0, int(width))
    budget.spend(added * (len(str(s).splitlines()) + 1))


def _replace(budget: Budget, s: Any, old: Any, new: Any, count: int | None = None) -> None:
    budget.spend((str(s).count(str(old)) + 1) * len(str(new)))


def _wordwrap(
    budget: Budget,
    s: Any,
    width: int = 79,
    break_long_words: bool = True,
    wrapstring: str | None = None,
    break_on_hyphens: bool = True,
) -> None:
    budget.spend(len(str(s)) * (1 + len(wrapstring or "")))


def _batch(budget: Budget, value: Any, linecount: int, fill_with: Any = None) -> None:
    budget.spend(ELEMENT * _some(linecount))


def _slice(budget: Budget, value: Any, slices: int, fill_with: Any = None) -> None:
    budget.spend(ELEMENT * _some(slices))


def _some(number: Any) -> int:
    """Give a number of parts, of which Jinja makes one or none where it is below 1."""
    if not isinstance(number, int) or number < 1:
        raise ValueError("no number of parts")
    return number


def _round(budget: Budget, value: Any, precision: int = 0, method: str = "common") -> None:
    if abs(precision) > 300:
        raise TemplateMistake("round() to more than 300 digits")


def _listed(budget: Budget, value: Any, last: str = "and") -> None:
    if isinstance(value, str | Mapping | Placed) or not isinstance(value, Iterable):
        raise TemplateMistake(
            f"'natural_list' of {kind_of(value)}", hint="{{ text | split(',') | natural_list }}"
        )
    check_text(budget, last)


def _words(budget: Budget, value: Any, words: Any, end: Any = "…") -> None:
    if not isinstance(words, int):
        raise TemplateMistake("truncate_words takes a number of words", hint="truncate_words(12)")
    budget.spend(ELEMENT * len(str(value)) // 2)


def _striptags(budget: Budget, value: Any) -> None:
    text = str(value)
    budget.spend(len(text) * text.count("<") // 1000)  # each tag copies the rest of the text


def _sum(budget: Budget, value: Any, attribute: Any = None, start: Any = 0) -> None:
    if not isinstance(start, int | float):
        raise TemplateMistake("sum() adds numbers", hint="{{ list | join }} joins texts")


def _tojson(budget: Budget, value: Any, indent: int | str | None = None) -> None:
    if indent is None:
        return
    step = len(indent) if isinstance(indent, str) else max(0, int(indent))
    level = [value]
    depth = elements = 0
    while level:
        depth += 1
        elements += len(level)
        level = [
            inner
            for outer in level
            if isinstance(outer, list | tuple | Mapping)
            for inner in (outer.values() if isinstance(outer, Mapping) else outer)
        ]
    budget.spend(step * depth * elements)


def _format(budget: Budget, value: Any, *args: Any, **options: Any) -> None:
    check_format(budget, str(value), options or args)


_COSTS: Mapping[str, Callable[..., None]] = {
    "center": _center,
    "indent": _indent,
    "replace": _replace,
    "wordwrap": _wordwrap,
    "batch": _batch,
    "slice": _slice,
    "round": _round,
    "striptags": _striptags,
    "sum": _sum,
    "tojson": _tojson,
    "format": _format,
    "natural_list": _listed,
    "truncate_words": _words,
}
