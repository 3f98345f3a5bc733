"""What Python says of values that it cannot reckon with or compare → the same in plain words."""

from __future__ import annotations

import re

from harness.render.mistakes import TemplateMistake
from harness.render.values import kind_of

_KINDS = {
    "str": "a text", "int": "a number", "float": "a number", "bool": "true or false",
    "list": "a list", "tuple": "a list", "range": "a list", "dict": "a mapping",
    "NoneType": "null", "Placed": "an image",
}  # fmt: skip
"""Python's name of a kind of values → ours."""
_PAIR = re.compile(r"'([^']+)' not supported between instances of '(\w+)' and '(\w+)'")
_SIGN = re.compile(r"bad operand type for unary ([-+]): '(\w+)'")
_IN = re.compile(r"argument of type '(\w+)' is not iterable")
_NUMBERS = "text | int and text | float make a number of a text, as every cell of a CSV file is one"
_REQUIRES = "requires string as left operand"


def no_operation(operator: str, left: object, right: object) -> TemplateMistake:
    """Say that two values have no sum, product or the like."""
    kinds = kind_of(left), kind_of(right)
    message = f"'{operator}' of {kinds[0]} and {kinds[1]}"
    if operator == "%" and isinstance(left, str):
        hint: str | None = "'%s and %d' | format(text, number)"
        message = "the values do not fit the places in the text before '%'"
    elif operator == "+" and "a text" in kinds:
        hint = f"a ~ b joins texts; {_NUMBERS}"
    else:
        hint = _NUMBERS if "a text" in kinds else None
    return TemplateMistake(message, hint=hint)


def miscalculated(error: Exception) -> tuple[str, str | None] | None:
    """Word what Python raised on a comparison; None: it is something else."""
    said = str(error)
    if match := _PAIR.fullmatch(said):
        kinds = [_KINDS.get(each, "a value of another kind") for each in match.groups()[1:]]
        hint = _NUMBERS if "a text" in kinds and "a number" in kinds else None
        return f"'{match[1]}' cannot compare {kinds[0]} with {kinds[1]}", hint
    if match := _SIGN.fullmatch(said):
        kind = _KINDS.get(match[2], "a value of another kind")
        return f"'{match[1]}' before {kind}", _NUMBERS if kind == "a text" else None
    if match := _IN.match(said):
        kind = _KINDS.get(match[1], "a value of another kind")
        return f"'in' looks into a text, a list or a mapping, and is given {kind}", None
    if _REQUIRES in said:
        return "'in' looks for a text in a text, and is given something else", None
    return None
