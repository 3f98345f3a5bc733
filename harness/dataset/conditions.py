"""``where:`` of a dataset + the metadata of a row → whether the row is kept.

A value is compared as it stands: in a text file ``2000`` is a text. It is a number where ``min`` or
``max`` says so, and there alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.dataset.row_fault import RowFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.records import Condition, Json, Plain

_NO_TEXT = re.compile(r"[+-]?[\d.]+([eE][+-]?\d+)?|null|true|false|~", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


class Conditions:
    """What rows must meet; knows which of the values that it names have been seen.

    Args:
        conditions: all of which must hold.
    """

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._conditions = conditions
        self._unseen: dict[tuple[str, str], str | None] = {
            (condition.field, _written(value)): None
            for condition in conditions
            for value in condition.values
        }
        """With what rows have in its place, where that is written alike."""

    def hold(self, metadata: Callable[[str], Json]) -> bool:
        """Tell whether a row is kept.

        Args:
            metadata: gives a field's value.

        Raises:
            RowFault: a field that is compared as a number holds none.
        """
        held = [self._holds(condition, metadata(condition.field)) for condition in self._conditions]
        return all(held)

    def unseen(self) -> list[str]:
        """Give the values that no row had, ``cuisine: tahi``: maybe they were misspelt."""
        return [
            f"{field}: {value}" + (f", but {other}" if other else "")
            for (field, value), other in self._unseen.items()
        ]

    def _holds(self, condition: Condition, value: Json) -> bool:
        found = [each for each in condition.values if _is(value, each)]
        for each in found:
            self._unseen.pop((condition.field, _written(each)), None)
        for each in condition.values:
            if each not in found and (other := _alike(value, each)):
                key = (condition.field, _written(each))
                if key in self._unseen:
                    self._unseen[key] = other
        if condition.any_of is not None and not found:
            return False
        if any(_is(value, each) for each in condition.none_of):
            return False
        return _between(value, condition)


def conditions_text(conditions: Sequence[Condition]) -> str:
    """Say what is asked: ``cuisine is thai or indian; year from 2000``."""
    return "; ".join(" and ".join(_said(condition)) for condition in conditions)


def _said(condition: Condition) -> Iterator[str]:
    name = condition.field
    if condition.any_of is not None:
        yield f"{name} is {' or '.join(map(_written, condition.any_of))}"
    if condition.least is not None:
        upto = "" if condition.most is None else f" to {condition.most:g}"
        yield f"{name} from {condition.least:g}{upto}"
    elif condition.most is not None:
        yield f"{name} up to {condition.most:g}"
    if condition.none_of:
        yield f"{name} is not {' or '.join(map(_written, condition.none_of))}"


def _is(value: Json, wanted: Plain) -> bool:
    """Tell whether a value is the one that is named; of a list, whether one of its members is.

    A text is a whole number that is written like it, since YAML has no other way to write 2000.
    """
    if isinstance(value, list):
        return any(_is(member, wanted) for member in value)
    if isinstance(value, str) and isinstance(wanted, int) and not isinstance(wanted, bool):
        return value == str(wanted)
    if isinstance(value, bool) != isinstance(wanted, bool):
        return False  # Python takes True for 1
    return bool(value == wanted)


def _alike(value: Json, wanted: Plain) -> str | None:
    """Say what a value is that is written like the one that is named, and is of another kind."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) != isinstance(wanted, str) and not isinstance(each, list | dict):
            plain = each if isinstance(each, str) else _written(each)
            if plain == (wanted if isinstance(wanted, str) else _written(wanted)):
                return f"the {_kind(each)} {plain}"
    return None


def _kind(value: Plain) -> str:
    if isinstance(value, str):
        return "text"
    return "value" if value is None or isinstance(value, bool) else "number"


def _between(value: Json, condition: Condition) -> bool:
    """Tell whether a number lies between the ends that are named; a missing value does not."""
    if condition.least is None and condition.most is None:
        return True
    if value is None or (isinstance(value, str) and not value.strip()):
        return False
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        shown = value if isinstance(value, str) else type(value).__name__
        raise RowFault(
            "bad_cell",
            f"column '{condition.field}' holds no number ({shown!s:.60}), and 'where' compares it "
            "as one",
        )
    above = condition.least is None or value >= condition.least
    return above and (condition.most is None or value <= condition.most)


def _written(value: Plain) -> str:
    """Write a value as YAML does: in quotation marks a text that would be blank, or no text."""
    if isinstance(value, str) and (not value.strip() or _NO_TEXT.fullmatch(value)):
        return f"'{value}'"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return value if isinstance(value, str) else f"{value}"
