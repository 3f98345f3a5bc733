"""``exemplars:`` of a variant and its variables → which exemplars are shown, in which order."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.errors import ConfigError
from harness.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.records import ExemplarSpec, Json, Where

LISTED, REVERSED = "listed", "reversed"


def shown(
    spec: ExemplarSpec, variables: Mapping[str, Json], where: Mapping[str, Where]
) -> ExemplarSpec:
    """Choose from the exemplars that a file lists those that a variant shows.

    The first ``count`` are taken, then put in order, so that another order shows the same ones.

    Args:
        spec: with ``listed``, ``count`` and ``order`` as they are written.
        variables: of the variant, by name.
        where: places of ``exemplars.count`` and ``exemplars.order``.

    Raises:
        ConfigError: a variable is not there, or its value is no count or order.
    """
    ids = list(spec.listed)
    count = _value("count", spec.count, variables, where)
    if count is not None:
        if type(count) is not int or not 0 <= count <= len(ids):
            message = f"'exemplars.count' is {_text(count)}: a whole number from 0 to {len(ids)}"
            hint = f"as many ids are listed: {len(ids)}"
            raise ConfigError(f"{message} is wanted", where=where.get("exemplars.count"), hint=hint)
        ids = ids[:count]
    order = spec.order if spec.order in (LISTED, REVERSED) else None
    if order is None:
        order = _value("order", spec.order, variables, where)
    if order == REVERSED:
        ids.reverse()
    elif type(order) is int and order >= 0:
        random.Random(order).shuffle(ids)  # an order, not a secret
    elif order not in (None, LISTED):
        message = f"'exemplars.order' is {_text(order)}: {_ORDERS} is wanted"
        raise ConfigError(message, where=where.get("exemplars.order"))
    return replace(spec, ids=tuple(ids))


_ORDERS = "listed, reversed, or a whole number (a seed to shuffle by)"


def _value(
    field: str, written: int | str | None, variables: Mapping[str, Json], where: Mapping[str, Where]
) -> Json:
    """Give what is written, or the value of the variable that is named."""
    if not isinstance(written, str):
        return written
    if written not in variables:
        message = f"'exemplars.{field}' names no variable or axis: '{written}'"
        hint = nearest(written, variables) or "it is a value, or a name under 'vars:' or 'matrix:'"
        raise ConfigError(message, where=where.get(f"exemplars.{field}"), hint=hint)
    return variables[written]


def _text(value: Json) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
