"""``where:``, ``sample:`` and ``limit:`` of a dataset's file → a Choosing, or what is wrong.

Which rows there are is the dataset stage's business: see ``dataset/choosing_rows``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.config.schema import ConditionFile
from harness.errors import ConfigError
from harness.nearest import nearest
from harness.records import Choosing, Condition, Drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.config.problems import Problems
    from harness.config.schema import DatasetFile
    from harness.yaml_source import YamlSource


def choosing_of(file: DatasetFile, source: YamlSource, problems: Problems) -> Choosing:
    """Read which of its rows a dataset uses.

    Args:
        file: the dataset's file, which has the right shape.
        source: its lines.
        problems: takes what is wrong.
    """
    problems.add(_condition_problems(file, source))
    return Choosing(
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
    metadata = file.columns.metadata
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
