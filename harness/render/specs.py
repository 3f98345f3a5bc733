"""``'%5.1f' % value``: what such a format may cost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.render.mistakes import TemplateMistake
from harness.render.values import check_text

if TYPE_CHECKING:
    from harness.render.budget import Budget

MAX_WIDTH = 1000
"""Characters that a number in a format may ask for."""

_SPEC = re.compile(
    r"%(?:\([^()]*\))?[#0\- +]*(\*|\d+)?(?:\.(\*|\d*))?[hlL]?(.|\Z)",
    re.DOTALL,
)
_KINDS = frozenset("diouxXeEfFgGcrsa%")


def check_format(budget: Budget, template: str, values: Any) -> None:
    """Pay for ``template % values`` beforehand.

    Raises:
        TemplateMistake: the format asks for a width that is not written out, or is too large.
    """
    check_text(budget, values if isinstance(values, Mapping) else _listed(values))
    places = 0
    for width, precision, kind in _SPEC.findall(template):
        if kind not in _KINDS or "*" in (width, precision):
            raise TemplateMistake(
                "a format that cannot be read", hint="'%s and %d' % (text, number), '%.1f' % number"
            )
        for number in (width, precision):
            if len(number) > 4 or int(number or 0) > MAX_WIDTH:
                raise TemplateMistake(f"a width of more than {MAX_WIDTH} in a format")
        budget.spend(int(width or 0) + int(precision or 0))
        places += 1
    size = budget.weigh(values)
    # A mapping's value may be shown by every place; a list's by one.
    budget.spend(size * places if isinstance(values, Mapping) else 8 * size)


def _listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, tuple) else [values]
