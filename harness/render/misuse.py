"""What a filter raised on its value and arguments → what is wrong with them, in plain words.

Jinja's filters let whatever Python raises through; this is asked only once one has failed.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateRuntimeError, Undefined
from jinja2.exceptions import FilterArgumentError

from harness.render.mistakes import TemplateMistake
from harness.render.values import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

RAISED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TemplateRuntimeError,
    TypeError,
    ValueError,
)
"""What filters raise."""

_WHOLE: Mapping[str, Mapping[str, int | None]] = {
    "batch": {"linecount": 1},
    "center": {"width": None},
    "int": {"base": 2},
    "replace": {"count": None},
    "round": {"precision": None},
    "slice": {"slices": 1},
    "truncate": {"length": 0, "leeway": 0},
    "wordwrap": {"width": 1},
}
"""Filter → its arguments that are whole numbers → the least."""
_TAKES: Mapping[str, tuple[tuple[str, ...], str]] = {
    **dict.fromkeys(
        ("abs", "filesizeformat", "round"), (("a number", "true or false"), "a number")
    ),
    **dict.fromkeys(("dictsort", "items"), (("a mapping",), "a mapping")),
    **dict.fromkeys(("indent",), (("a text",), "a text")),
}
"""Filter → the kinds of its value, and how a message says them; any other is given several things,
or a text."""
_SEVERAL = ("a text", "a list", "a mapping", "a function")
_OF_JINJA = (TemplateRuntimeError, FilterArgumentError)
"""What Jinja itself raises, in words that do not name the filter."""
_COMPARING = frozenset({"dictsort", "groupby", "max", "min", "sort", "unique"})
_NAMING = {"map": 0, "select": 0, "reject": 0, "selectattr": 1, "rejectattr": 1}
"""Filters that take the name of another filter, or of a test, as this argument."""


def misuse(
    name: str,
    work: Callable[..., Any],
    given: tuple[Any, Sequence[Any], Mapping[str, Any]],
    from_text: Collection[str],
    error: Exception,
) -> Exception:
    """Say why a filter cannot do what is asked of it.

    Args:
        name: of the filter.
        work: what it does, which takes the value behind what Jinja passes it.
        given: its value, its arguments in order and those by name.
        from_text: filters that take their value for a text.
        error: what it raised.

    Returns:
        The mistake; or the error itself, where it is one of these already.
    """
    if isinstance(error, TemplateRuntimeError) and type(error) not in _OF_JINJA:
        return error
    value, args, options = given
    parameters, open_ended = _parameters(work)
    found = None if open_ended else _arguments(name, parameters, args, options)
    if found is None and name in _NAMING:
        found = _named(name, args, error)
    named = {**dict(zip((p.name for p in parameters), args, strict=False)), **options}
    return found or _numbers(name, named) or _value(name, value, from_text, named, error)


def _parameters(work: Callable[..., Any]) -> tuple[list[inspect.Parameter], bool]:
    """Give what a filter takes behind its value; and whether that is anything."""
    parameters = list(inspect.signature(work).parameters.values())
    passed = getattr(inspect.unwrap(work), "jinja_pass_arg", None) is not None
    rest = parameters[2 if passed else 1 :]
    return rest, any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


def _arguments(
    name: str,
    parameters: Sequence[inspect.Parameter],
    args: Sequence[Any],
    options: Mapping[str, Any],
) -> TemplateMistake | None:
    """Find arguments that are too many, unknown, or not there."""
    names = [parameter.name for parameter in parameters]
    written = ", ".join(p.name if p.default is p.empty else f"{p.name}=…" for p in parameters)
    hint = f"{{{{ … | {name}({written}) }}}}" if written else f"{{{{ … | {name} }}}}"
    if len(args) > len(names):
        most = f"no more than {len(names)}" if names else "none"
        message = f"'{name}' is given {len(args)} argument{'s'[: len(args) > 1]} and takes {most}"
        return TemplateMistake(message, hint=hint)
    if unknown := next((key for key in options if key not in names), None):
        return TemplateMistake(f"'{name}' has no argument '{unknown}'", hint=hint)
    if twice := next((key for key in options if key in names[: len(args)]), None):
        return TemplateMistake(f"'{name}' is given '{twice}' twice", hint=hint)
    lacking = [p.name for p in parameters[len(args) :] if p.default is p.empty]
    if lacking := [key for key in lacking if key not in options]:
        return TemplateMistake(f"'{name}' lacks its argument '{lacking[0]}'", hint=hint)
    return None


def _named(name: str, args: Sequence[Any], error: Exception) -> TemplateMistake | None:
    """Find a filter or a test that is named and is none."""
    place = _NAMING[name]
    word = "filter" if name == "map" else "test"
    if len(args) <= place:
        if not isinstance(error, TemplateRuntimeError):
            return None
        example = "map('upper'), map(attribute='name')" if name == "map" else f"{name}('name')"
        return TemplateMistake(f"'{name}' does not say by what", hint=example)
    wanted = args[place]
    if not isinstance(wanted, str):
        message = f"'{name}' takes the name of a {word}, in quotes, and is given {kind_of(wanted)}"
        return TemplateMistake(message)
    if isinstance(error, TemplateRuntimeError):
        hint = f"map(attribute='{wanted[:40]}') takes what each calls so" if name == "map" else None
        return TemplateMistake(f"'{name}': there is no {word} '{wanted[:40]}'", hint=hint)
    return None


def _numbers(name: str, named: Mapping[str, Any]) -> TemplateMistake | None:
    """Find an argument that is no whole number, or too small a one."""
    for key, least in _WHOLE.get(name, {}).items():
        number = named.get(key, least or 0)
        if key == "leeway" and number is None:
            continue
        if not isinstance(number, int) or (least is not None and number < least):
            shown = str(number) if isinstance(number, int | float) else kind_of(number)
            wanted = "a whole number" if least is None else f"a whole number from {least} on"
            return TemplateMistake(f"'{name}' takes {wanted} as '{key}', not {shown}")
    return None


def _value(
    name: str, value: Any, from_text: Collection[str], named: Mapping[str, Any], error: Exception
) -> TemplateMistake:
    """Say what else is wrong: the value, what stands in it, or an argument of another kind."""
    kind = "undefined" if isinstance(value, Undefined) else kind_of(value)
    kinds, wanted = _TAKES.get(name, (_SEVERAL, "a list, a mapping or a text"))
    if kind not in kinds and (name in _TAKES or name not in from_text):
        return TemplateMistake(f"'{name}' is for {wanted}, and is given {kind}")
    if isinstance(error, TemplateRuntimeError):
        return TemplateMistake(f"'{name}': {str(error).rstrip('.')}")
    first = named.get("reverse", named.get("case_sensitive"))
    if isinstance(first, str):
        hint = f"{name}(attribute='{first[:40]}')"
        return TemplateMistake(f"'{name}' takes true or false here, not a text", hint=hint)
    if name in _COMPARING and isinstance(error, TypeError):
        hint = f"{name}(attribute='…') compares one thing of each"
        return TemplateMistake(f"'{name}' cannot compare {_kinds_in(value)}", hint=hint)
    if name == "sum":
        hint = "{{ list | join }} joins texts; sum(attribute='…') adds one thing of each"
        return TemplateMistake(f"'sum' adds numbers, and is given {_kinds_in(value)}", hint=hint)
    if name == "format":
        hint = "'%s and %d' | format(text, number)"
        message = "'format': the values do not fit the places in the text"
        return TemplateMistake(message, hint=hint)
    if name == "truncate" and isinstance(error, AssertionError):
        end = named.get("end", "...")
        message = f"'truncate' to {named.get('length')} letters leaves no room for its end, '{end}'"
        return TemplateMistake(message, hint="truncate(20, end='…')")
    if name in from_text and kind in ("a list", "a mapping"):
        return TemplateMistake(f"'{name}' is for a text, and is given {kind}")
    arguments = ", ".join(f"{kind_of(each)} as '{key}'" for key, each in named.items())
    behind = f" with {arguments}" if arguments else ""
    return TemplateMistake(f"'{name}' cannot be used of {kind}{behind}")


def _kinds_in(value: Any) -> str:
    """Name the kinds of values in a list, as ``a text and a number``."""
    items = value.values() if hasattr(value, "values") else value
    kinds = list(dict.fromkeys(map(kind_of, items)))
    return " and ".join([kinds[0], *kinds[1:]]) if kinds else "nothing"
