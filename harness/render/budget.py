"""How much work one prompt may take: every value that a template makes is weighed against it.

A template, and the data in it, may come from a stranger. Each step costs something and each value
costs its size, so that whatever a template does ends soon and stays small.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from harness.render.mistakes import TemplateMistake

WORK = 10_000_000
"""Characters that all values which one prompt makes may have together."""
STEP = 50
"""What a turn of a loop, a call, an operator or a filter costs, in characters."""
ELEMENT = 16
"""What an item of a list costs, in characters."""
MAX_BITS = 10_000
"""The largest whole number."""


class Budget:
    """What is left for one prompt."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = WORK

    def spend(self, cost: int) -> int:
        """Take a cost from what is left, and give it.

        Raises:
            TemplateMistake: less than that is left.
        """
        self.left -= cost
        if self.left < 0:
            raise TemplateMistake(
                "the template takes too many steps or makes too much text",
                hint=f"one prompt may take {WORK // STEP:,} steps and make {WORK:,} characters; "
                "look for loops in loops, doublings and large widths",
            )
        return cost

    def weigh(self, value: Any) -> int:
        """Spend the size of a value, all that is nested in it counted as often as it is shown.

        Returns:
            What it cost.

        Raises:
            TemplateMistake: the value is too large.
        """
        if type(value) is str:
            return self.spend(len(value))
        cost = 0
        waiting = [value]
        while waiting:
            nested = waiting.pop()
            if isinstance(nested, str):
                cost += self.spend(len(nested) + 1)
            elif isinstance(nested, list | tuple):
                cost += self.spend(ELEMENT * (len(nested) + 1))
                waiting += nested
            elif isinstance(nested, Mapping):
                cost += self.spend(2 * ELEMENT * (len(nested) + 1))
                waiting += nested
                waiting += nested.values()
            elif isinstance(nested, range):
                cost += self.spend(ELEMENT * (len(nested) + 1))
            elif isinstance(nested, int):
                check_number(nested.bit_length())
                cost += 1
        self.spend(1)
        return cost + 1


_CURRENT: ContextVar[Budget] = ContextVar("what is left for the prompt that is being made")


@contextmanager
def one_prompt() -> Iterator[Budget]:
    """Give a budget that all templates of one text share, those that it includes too."""
    token = _CURRENT.set(Budget())
    try:
        yield _CURRENT.get()
    finally:
        _CURRENT.reset(token)


def current() -> Budget:
    """Give what is left for the prompt that is being made."""
    return _CURRENT.get()


def check_number(bits: int) -> None:
    """Refuse a whole number of more bits than ``MAX_BITS``.

    Raises:
        TemplateMistake: it has more.
    """
    if bits > MAX_BITS:
        raise TemplateMistake(f"a whole number of more than {MAX_BITS:,} bits")
