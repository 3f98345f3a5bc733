"""``exemplars:`` of a variant and its variables → which exemplars are shown, in which order."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from harness.errors import ConfigError
from harness.nearest import nearest
from harness.records import ExemplarSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.config.schema import ExemplarsFile
    from harness.records import Json, Where
    from harness.yaml_source import YamlSource

Item = TypeVar("Item")

LISTED, REVERSED = "listed", "reversed"


BY_IMAGE, BY_FIELD = "image", "metadata."


def exemplar_spec(file: ExemplarsFile) -> ExemplarSpec:
    """Make the record of what a file says, before variables are filled in."""
    ids = tuple(file.ids or ())
    return ExemplarSpec(
        dataset=file.dataset,
        ids=ids,
        choose=file.choose,
        seed=file.seed or 0,
        by=file.by,
        form=file.form,
        images=file.form == "turns" and file.images is not False,
        listed=ids,
        count=file.count,
        order=file.order,
    )


def exemplar_problems(file: ExemplarsFile, source: YamlSource) -> Iterator[ConfigError]:
    """Check that ``exemplars:`` says in one way which samples are meant."""

    def problem(key: str, message: str, hint: str | None = None) -> ConfigError:
        return ConfigError(message, where=source.where(("exemplars", key)), hint=hint)

    ids = file.ids or []
    for i, sample_id in enumerate(ids):
        if sample_id in ids[:i]:
            place = source.where(("exemplars", "ids", i))
            yield ConfigError(f"the exemplar '{sample_id}' is listed twice", where=place)
    if (file.ids is None) == (file.choose is None):
        both = "'ids' and 'choose' stand here" if ids else "neither 'ids' nor 'choose' stands here"
        hint = "ids: [a12, b7]; or choose: first, random or similar, with a count"
        yield problem("choose", f"'exemplars': {both}", hint)
    if file.choose and file.count is None and file.ids is None:
        message = f"'exemplars.count' is missing: 'choose: {file.choose}' takes so many"
        yield problem("choose", message, "count: 4, or the variable or axis that says so")
    if file.seed is not None and file.choose != "random":
        yield problem("seed", "'exemplars.seed' is for 'choose: random' alone")
    if file.by is not None and file.choose != "similar":
        yield problem("by", "'exemplars.by' is for 'choose: similar' alone")
    if file.choose == "similar" and not _is_way(file.by):
        what = f"'exemplars.by' is '{file.by}'" if file.by else "'exemplars.by' is missing"
        yield problem("by" if file.by else "choose", what, "by: image, or by: metadata.FIELD")
    if file.form == "text" and file.images:
        yield problem("images", "'exemplars.images': text has no images", "as: turns shows them")


def _is_way(by: str | None) -> bool:
    return by == BY_IMAGE or bool(by and by.startswith(BY_FIELD) and by != BY_FIELD)


def shown(
    spec: ExemplarSpec, variables: Mapping[str, Json], where: Mapping[str, Where]
) -> ExemplarSpec:
    """Choose from the exemplars that a file lists those that a variant shows.

    The first ``count`` are taken, then put in order, so that another order shows the same ones. Of
    a file that lists none, how many there are and their order is found.

    Args:
        spec: with ``listed``, ``count`` and ``order`` as they are written.
        variables: of the variant, by name.
        where: places of ``exemplars.count`` and ``exemplars.order``.

    Raises:
        ConfigError: a variable is not there, or its value is no count or order.
    """
    count = _value("count", spec.count, variables, where)
    most = None if spec.choose else len(spec.listed)
    if count is not None and (
        type(count) is not int or count < 0 or (most is not None and count > most)
    ):
        range_ = "0 or more" if most is None else f"from 0 to {most}"
        message = f"'exemplars.count' is {_text(count)}: a whole number {range_} is wanted"
        hint = None if most is None else f"as many ids are listed: {most}"
        raise ConfigError(message, where=where.get("exemplars.count"), hint=hint)
    order = spec.order if spec.order in (LISTED, REVERSED) else None
    if order is None:
        order = _value("order", spec.order, variables, where)
    if order not in (None, LISTED, REVERSED) and not (type(order) is int and order >= 0):
        message = f"'exemplars.order' is {_text(order)}: {_ORDERS} is wanted"
        raise ConfigError(message, where=where.get("exemplars.order"))
    assert order is None or isinstance(order, int | str)
    number = count if type(count) is int else len(spec.listed)
    ids = arranged(spec.listed[:number], order)
    return replace(spec, ids=tuple(ids), number=number, arranged=order)


def arranged(items: Sequence[Item], order: int | str | None) -> list[Item]:
    """Put what is shown in order: as it comes, reversed, or shuffled by a seed."""
    items = list(items)
    if order == REVERSED:
        items.reverse()
    elif type(order) is int:
        random.Random(order).shuffle(items)  # an order, not a secret
    return items


_ORDERS = "listed, reversed, or a whole number (a seed to shuffle by)"


def _value(
    field: str, written: int | str | None, variables: Mapping[str, Json], where: Mapping[str, Where]
) -> Json:
    """Give what is written, or the value of the variable that is named."""
    if not isinstance(written, str):
        return written
    if written not in variables:
        message = f"'exemplars.{field}' names no variable or axis: '{written}'"
        orders = (LISTED, REVERSED) if field == "order" else ()
        hint = nearest(written, (*orders, *variables))
        hint = hint or "it is a value, or a name under 'vars:' or 'matrix:'"
        raise ConfigError(message, where=where.get(f"exemplars.{field}"), hint=hint)
    return variables[written]


def _text(value: Json) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
