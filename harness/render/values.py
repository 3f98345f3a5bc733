"""What a template may do with a value: look something up in it, and show it as text.

A value is data and only data: nothing that Python attaches to it (methods, attributes) is reached.
"""

from __future__ import annotations

import datetime
import numbers
import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Undefined
from jinja2.environment import TemplateModule
from jinja2.runtime import LoopContext, Macro
from jinja2.utils import Namespace

from harness.nearest import nearest
from harness.render.budget import STEP, Budget
from harness.render.mistakes import NullShown, TemplateMistake, missing, use_of
from harness.render.placed import Placed

LOOP = frozenset(
    "index index0 revindex revindex0 first last length depth depth0 previtem nextitem cycle "
    "changed".split()
)
"""What ``loop`` offers inside a loop."""

NULL_HINT = (
    "write {{ … or '' }}, {{ … | default('unknown') }}, or put {% if … is not none %} around it"
)

_HALF = re.compile("[\ud800-\udfff]")

_INSTEAD = {
    "upper": "{{ text | upper }}", "lower": "{{ text | lower }}", "title": "{{ text | title }}",
    "capitalize": "{{ text | capitalize }}", "strip": "{{ text | trim }}",
    "lstrip": "{{ text | trim }}", "rstrip": "{{ text | trim }}",
    "replace": "{{ text | replace('a', 'b') }}", "split": "{{ text | split(',') }}",
    "splitlines": "{{ text | split('\\n') }}", "join": "{{ list | join(', ') }}",
    "format": "{{ text | format(value) }}", "center": "{{ text | center(9) }}",
    "count": "{{ list | length }}", "sort": "{{ list | sort }}",
    "startswith": "text[:3] == 'abc'", "endswith": "text[-3:] == 'abc'",
}  # fmt: skip
_INSTEAD_ON_MAPPINGS = {
    "items": "{% for key, value in metadata | items %}",
    "keys": "{% for key in metadata %}",
    "values": "{% for key, value in metadata | items %}",
    "get": "{{ metadata.name | default('unknown') }}",
}
"""Methods of Python that people know → what a template writes instead."""

_PLAIN = (numbers.Number, datetime.date, datetime.time, datetime.timedelta, range)


def kind_of(value: object) -> str:
    """Say what a value is, in the words of someone who writes prompts."""
    kinds: tuple[tuple[Any, str], ...] = (
        (str, "a text"), (bool, "true or false"), (numbers.Number, "a number"),
        (list | tuple | range, "a list"), (Mapping, "a mapping"), (Placed, "an image"),
        (Macro, "a macro"), (LoopContext, "the loop"), (Undefined, "undefined"),
        (TemplateModule, "an imported file"),
    )  # fmt: skip
    if value is None:
        return "null"
    return next((word for kind, word in kinds if isinstance(value, kind)), "a function")


def attribute(value: Any, name: str) -> Any:
    """Look up ``value.name``: a key of a mapping, else something that is missing."""
    if isinstance(value, Undefined):
        use_of(value)
    if isinstance(value, Mapping):
        if name in value:
            return value[name]
        return missing(f"'{name}' is undefined", name, _hint(_INSTEAD_ON_MAPPINGS, name))
    if isinstance(value, LoopContext) and name in LOOP:
        return getattr(value, name)
    if type(value) is Namespace and not name.startswith("_"):
        try:
            return getattr(value, name)
        except AttributeError:
            return missing(f"'{name}' is undefined", name)
    if isinstance(value, TemplateModule):
        return _exported(value, name)
    if isinstance(value, tuple) and name in getattr(value, "_fields", ()):
        return getattr(value, name)  # what groupby gives: grouper and list
    return missing(f"{kind_of(value)} has no '{name}'", name, _hint(_INSTEAD, name))


def _exported(module: TemplateModule, name: str) -> Any:
    """Look up a macro or variable of an imported file."""
    names = {key: made for key, made in vars(module).items() if not key.startswith("_")}
    if name in names:
        return names[name]
    return missing(f"'{name}' is not in the imported file", name, nearest(name, names))


def item(value: Any, key: Any) -> Any:
    """Look up ``value[key]``: a key of a mapping or a position, else something missing."""
    if isinstance(value, Undefined):
        use_of(value)
    if isinstance(key, Undefined):
        use_of(key)
    if not isinstance(key, str | int | float | None):
        return missing(f"{kind_of(key)} is no key", str(kind_of(key)))
    if isinstance(value, Mapping):
        if key in value:
            return value[key]
    elif isinstance(value, str | list | tuple | range) and isinstance(key, int):
        return value[key] if -len(value) <= key < len(value) else _no_item(value, key)
    elif isinstance(key, str):
        return attribute(value, key)
    place = f"'{key}'" if isinstance(key, str) else kind_of(key) if key is None else key
    return missing(f"{kind_of(value)} has no {place}", str(key))


def _no_item(value: str | list[Any] | tuple[Any, ...] | range, key: int) -> Any:
    """Say that a list is shorter."""
    count = len(value)
    if count and not isinstance(value, str) and all(isinstance(v, Placed) for v in value):
        has = f"the sample has {count} image{'' if count == 1 else 's'}"
        return missing(
            f"there is no images[{key}]: {has}", str(key), "{{ images[0] }} is the first"
        )
    return missing(f"{kind_of(value)} of {count} has no [{key}]", str(key), "the first is [0]")


def shown(budget: Budget, value: Any) -> str | Placed:
    """Give the text of a value, or the images that it is.

    Raises:
        NullShown: the value is null, or holds null.
        TemplateMistake: the value has no text, such as a macro, or half a character.
        NoSuchValue: the value is undefined.
    """
    if isinstance(value, str):
        budget.spend(len(value))
        return whole(value)
    if isinstance(value, Placed):
        budget.spend(STEP * len(value.pieces))
        return value
    check_text(budget, value)
    text = str(value)
    budget.spend(len(text))
    return text


def whole(text: str) -> str:
    """Give a text back that a model can be sent.

    Raises:
        TemplateMistake: it holds half a character, which no tokenizer and no server takes.
    """
    if not text.isascii() and (half := _HALF.search(text)):
        raise TemplateMistake(
            f"\\u{ord(half.group()):04x} is half a character (a lone surrogate)",
            hint="write the character itself, or its whole number, as \\U0001f355 is",
        )
    return text


def check_text(budget: Budget, value: Any) -> None:
    """Refuse a value that has no text, or that holds one: null, an image, a macro, a function.

    Raises:
        NullShown: it is null, or holds null.
        TemplateMistake: it has no text.
        NoSuchValue: it is undefined.
    """
    if isinstance(value, str):
        return
    budget.weigh(value)
    waiting = [value]
    while waiting:
        nested = waiting.pop()
        if nested is None:
            inside = "" if value is None else ", inside " + kind_of(value)
            raise NullShown(f"null has no text{inside}", hint=NULL_HINT)
        if isinstance(nested, Undefined):
            use_of(nested)
        if isinstance(nested, Mapping):
            waiting += nested
            waiting += nested.values()
        elif isinstance(nested, list | tuple):
            waiting += nested
        elif isinstance(nested, Placed):
            raise TemplateMistake(
                "an image is no text: it can be placed, not changed",
                hint="{{ image }} places all images of a sample, {{ images[0] }} the first",
            )
        elif not isinstance(nested, (str, *_PLAIN)):
            raise TemplateMistake(f"{kind_of(nested)} has no text")


def _hint(instead: Mapping[str, str], name: str) -> str | None:
    """Say how a template writes what a method does; None: the renderer lists what there is."""
    if name not in instead:
        return None
    return f"templates look up data and call no methods; write {instead[name]}"
