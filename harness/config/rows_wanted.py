"""``where:``, ``splits:``, ``sample:`` and ``limit:`` of a dataset's file → a Choosing.

Which rows there are is the dataset stage's business: see ``dataset/choosing_rows``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.config.names import unique
from harness.config.problems import Problems
from harness.config.schema import ConditionFile
from harness.errors import ConfigError
from harness.nearest import nearest
from harness.records import Choosing, Condition, Drawn, Splits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.config.schema import DatasetFile
    from harness.records import Where
    from harness.yaml_source import YamlSource

_SEALED = "sealed"
_NO_SPLITS = (_SEALED, "column")
"""The keys of ``splits:`` that are no split."""


def choosing_of(file: DatasetFile, source: YamlSource, problems: Problems) -> Choosing:
    """Read which of its rows a dataset uses.

    Args:
        file: the dataset's file, which has the right shape.
        source: its lines.
        problems: takes what is wrong.
    """
    problems.add(_condition_problems(file, source))
    splits = None
    if file.splits is not None:
        splits = Splits(
            shares=file.splits.shares,
            sealed=tuple(file.splits.sealed),
            column=file.splits.column,
        )
        problems.add(_split_problems(splits, lambda *keys: source.where(("splits", *keys))))
    return Choosing(
        splits=splits,
        conditions=tuple(_condition(name, file, source) for name in file.where),
        sample=Drawn(n=file.sample.n, seed=file.sample.seed) if file.sample else None,
        limit=file.limit,
    )


def _condition(name: str, file: DatasetFile, source: YamlSource) -> Condition:
    written, where = file.where[name], source.where(("where", name))
    if isinstance(written, ConditionFile):
        return Condition(
            field=name,
            none_of=tuple(written.none_of),
            least=written.min,
            most=written.max,
            where=where,
        )
    values = written if isinstance(written, list) else [written]
    return Condition(field=name, any_of=tuple(values), where=where)


def _condition_problems(file: DatasetFile, source: YamlSource) -> Iterator[ConfigError]:
    """Find conditions on what is no metadata, and those that no row or every row meets."""
    metadata = file.columns.metadata if file.columns else []
    for name, written in file.where.items():
        place = source.where(("where", name))
        if name not in metadata:
            message = f"'where' names '{name}', which is no metadata of the dataset"
            hint = nearest(name, metadata) or "list the column under 'columns: metadata:'"
            yield ConfigError(message, where=place, hint=hint)
        if written == []:
            yield ConfigError(f"'where.{name}' is an empty list, which keeps no row", where=place)
        if isinstance(written, ConditionFile):
            if not written.model_fields_set:
                hint = "one of 'min', 'max' and 'not', a value, or a list of values"
                yield ConfigError(f"'where.{name}' says nothing", where=place, hint=hint)
            least, most = written.min, written.max
            if least is not None and most is not None and least > most:
                message = f"'where.{name}' is from {least:g} to {most:g}, which keeps no row"
                yield ConfigError(message, where=place)
            if written.excluded == []:
                message = f"'where.{name}.not' is an empty list, which leaves out no row"
                yield ConfigError(message, where=source.where(("where", name, "not")))


def parse_splits(text: str, sealed: Sequence[str] = ()) -> Splits:
    """Read ``dev=0.5,test=0.5``, by the rules of ``splits:``.

    Raises:
        ConfigErrors: it does not say how to divide a dataset.
    """
    problems = Problems()
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, _, written = (each.strip() for each in part.partition("="))
        try:
            share = float(written)
        except ValueError:
            message = f"'{part.strip()}' is no split with its share"
            problems.add([ConfigError(message, hint="for example dev=0.5,test=0.5")])
            continue
        if name in shares or name in _NO_SPLITS:
            why = "stands twice" if name in shares else "can be no split's name"
            problems.add([ConfigError(f"'{name}' {why} in '{text}'")])
        shares[name] = share
    problems.raise_any()
    splits = Splits(shares=shares, sealed=tuple(dict.fromkeys(sealed)))
    problems.add(_split_problems(splits, lambda *_: None))
    problems.raise_any()
    return splits


def _split_problems(splits: Splits, where: Callable[..., Where | None]) -> Iterator[ConfigError]:
    """Find splits that are none, shares that do not make a whole, and seals on the wrong ones.

    Args:
        splits: as they were written.
        where: gives the place of a key under ``splits:``, or of all of it.
    """
    shares = splits.shares
    yield from unique("split", ((name, where(name)) for name in shares))
    if len(shares) < 2:
        hint = "for example splits: {dev: 0.5, test: 0.5, sealed: [test]}"
        yield ConfigError("'splits' names fewer than two splits", where=where(), hint=hint)
    for name, share in shares.items():
        if not (math.isfinite(share) and share > 0):
            message = f"'splits.{name}' is {share:g}, not a share above 0"
            yield ConfigError(message, where=where(name))
    total = sum(shares.values())
    if len(shares) > 1 and not math.isclose(total, 1.0, abs_tol=1e-9):
        message = f"the shares of 'splits' add up to {total:.10g}, not to 1"
        yield ConfigError(message, where=where())
    for i, name in enumerate(splits.sealed):
        at = where(_SEALED, i)
        if name not in shares:
            message = f"'splits.sealed' names '{name}', which is no split"
            yield ConfigError(message, where=at, hint=nearest(name, shares))
        elif name == splits.first:
            message = f"'{name}' is sealed and stands first, so that runs would use it unasked"
            yield ConfigError(message, where=at, hint="put the split to try on before it")
