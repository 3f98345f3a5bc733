"""The files of a run ↔ records: their form, its version, and how older ones are read.

Nothing else knows how ``run.json``, ``summary.json`` and the JSON lines are written. A file of an
older version is brought up to date in memory; one of a newer version is refused.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from harness.errors import StoreError
from harness.fingerprint import canonical_json
from harness.records import (
    RUN_SCHEMA,
    Completion,
    Look,
    LookLine,
    RunRecord,
    RunSummary,
    Sample,
    ShownBest,
    Signature,
    StoredCompletion,
    TriedPrompts,
)
from harness.store.migrations import run_up_to_date, sample_up_to_date, summary_up_to_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from harness.records import Json, MetricSpec

Record = TypeVar("Record")

_LOOKS: dict[str, Any] = {"look": Look, "tried": TriedPrompts, "shown": ShownBest}
"""Kind of a line in a file of looks → its record."""
_LINES = json.JSONEncoder(ensure_ascii=False)
"""Of the JSON lines; json.dumps would make one for each."""
_COMPLETION = tuple(field.name for field in fields(Completion))

_AGAIN = "run the suite again; finished completions are not asked for twice"


def run_text(record: RunRecord) -> str:
    """Write ``run.json``."""
    return _pretty(_adapter(RunRecord).dump_python(record, mode="json"))


def read_run(text: str, path: Path) -> RunRecord:
    """Read ``run.json``; ``path`` is named in errors.

    Raises:
        StoreError: it is damaged, another program's, or of a newer version.
    """
    value = _versioned(text, path)
    with _migrating(path):
        value = run_up_to_date(value)
    return _read(RunRecord, value, path)


def summary_text(summary: RunSummary) -> str:
    """Write ``summary.json``."""
    return _pretty(_summary_value(summary))


def read_summary(text: str, path: Path, asked: Sequence[MetricSpec]) -> RunSummary:
    """Read ``summary.json``; ``path`` is named in errors, ``asked`` are the run's metrics.

    Raises:
        StoreError: it is damaged, another program's, or of a newer version.
    """
    value = _versioned(text, path)
    with _migrating(path):
        value = _with_signatures(summary_up_to_date(value, asked))
    return _read(RunSummary, value, path)


def sample_line(sample: Sample) -> str:
    """Write a line of ``samples.jsonl``."""
    return _line(_adapter(Sample).dump_python(sample, mode="json"))


def read_sample(line: str, path: Path) -> Sample:
    """Read a line of ``samples.jsonl``; ``path`` is named in errors.

    Raises:
        StoreError: it is damaged.
    """
    value = _object(line, path)
    with _migrating(path):
        value = sample_up_to_date(value)
    return _read(Sample, value, path)


def completion_line(stored: StoredCompletion) -> str:
    """Write a line of ``completions.jsonl``: the completion's own fields beside its place."""
    completion = {name: getattr(stored.completion, name) for name in _COMPLETION}
    place = {
        "system": stored.system,
        "variant": stored.variant,
        "sample_id": stored.sample_id,
        "draw": stored.draw,
    }
    return _line({**place, **completion, "ingredients": dict(stored.record or {})})


def read_completion(line: str, path: Path) -> StoredCompletion:
    """Read a line of ``completions.jsonl``; ``path`` is named in errors.

    Raises:
        StoreError: it is damaged.
    """
    return completion_of(_object(line, path), path)


def completion_of(value: dict[str, Any], path: Path) -> StoredCompletion:
    """Make the record of a line of ``completions.jsonl``; ``path`` is named in errors.

    Raises:
        StoreError: it lacks a field, or one is of another kind.
    """
    place = ("system", "variant", "sample_id")
    stored = {
        **{name: value.get(name) for name in place},
        "draw": value.get("draw", 0),
        "record": value.get("ingredients"),
        "completion": {k: v for k, v in value.items() if k not in (*place, "draw", "ingredients")},
    }
    return _read(StoredCompletion, stored, path)


def look_line(record: LookLine) -> str:
    """Write a line of a dataset's file of looks."""
    return _line(_adapter(_LOOKS[record.kind]).dump_python(record, mode="json"))


def look_of(value: dict[str, Any], path: Path) -> LookLine | None:
    """Make the record of a line of a file of looks; None: it is of a kind that is not known here.

    Raises:
        StoreError: it lacks a field, or one is of another kind.
    """
    kind = _LOOKS.get(str(value.get("kind")))
    return None if kind is None else _read(kind, value, path)


def part_line(digest: str, text: str) -> str:
    """Write a line of ``ingredients.jsonl``: a part's sha256 and its value."""
    return f'{{"sha256": "{digest}", "value": {text}}}\n'


def read_part(line: str, path: Path) -> tuple[str, str]:
    """Read a line of ``ingredients.jsonl``: a part's sha256 and its canonical JSON.

    Raises:
        StoreError: it is damaged.
    """
    value = _object(line, path)
    if not isinstance(value.get("sha256"), str) or "value" not in value:
        raise StoreError(f"{path} is damaged (a line is no part)")
    return value["sha256"], canonical_json(value["value"])


def plain_data(value: object) -> Json:
    """Give records as plain data, as the files of a run hold them."""
    if isinstance(value, RunSummary):
        return _summary_value(value)
    if is_dataclass(value):  # which may hold a summary
        return {field.name: plain_data(getattr(value, field.name)) for field in fields(value)}
    return to_jsonable_python(value)


def json_schemas() -> dict[str, Json]:
    """Give the JSON Schema of each file of runs, for whoever reads them; of lines, of one line."""
    place: dict[str, Json] = {
        "system": {"type": "string"},
        "variant": {"type": "string"},
        "sample_id": {"type": "string"},
        "draw": {"type": "integer"},
        "ingredients": {
            "type": "object",
            "description": "What the completion depends on; ingredients.jsonl has the parts.",
        },
    }
    completion = _adapter(Completion).json_schema(mode="serialization")
    looks = [_adapter(kind).json_schema(mode="serialization") for kind in _LOOKS.values()]
    return {
        "run.json": _adapter(RunRecord).json_schema(mode="serialization"),
        "summary.json": _summary_schema(),
        "samples.jsonl": _adapter(Sample).json_schema(mode="serialization"),
        "completions.jsonl": {
            **completion,
            "properties": {**place, **completion["properties"]},
            "required": [*place, *completion.get("required", [])],
            "title": "CompletionLine",
        },
        "<dataset>.looks.jsonl": {"anyOf": looks},
    }


def _summary_schema() -> Json:
    """Give the schema of ``summary.json``, in which a signature is its long form."""
    schema = _adapter(RunSummary).json_schema(mode="serialization")
    del schema["$defs"]["Signature"]
    schema["$defs"]["MetricResult"]["properties"]["signature"] = {
        "type": "string",
        "title": "Signature",
        "description": "How it was computed: the metric, then name:value, with | between them.",
    }
    return schema


def _summary_value(summary: RunSummary) -> dict[str, Any]:
    """Give a summary as plain data, signatures in their long form."""
    value: dict[str, Any] = _adapter(RunSummary).dump_python(summary, mode="json")
    for written, result in zip(value["results"], summary.results, strict=True):
        written["signature"] = result.signature.long()
    return value


def _with_signatures(value: dict[str, Any]) -> dict[str, Any]:
    """Read the signatures of a summary's results; what has not their form is left to be refused."""
    results = value.get("results")
    if not isinstance(results, list):
        return value
    return {**value, "results": [_with_signature(result) for result in results]}


def _with_signature(result: Json) -> Json:
    if not isinstance(result, dict) or not isinstance(result.get("signature"), str):
        return result
    text = result["signature"]
    try:
        signature = Signature.parse(text)
    except ValueError:  # until 0.2 a name that held a bar was written as it is
        signature = Signature(metric=result["metric"], fields=(("unread", text),))
    return {**result, "signature": signature}


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _read(kind: Callable[..., Record], value: Json, path: Path) -> Record:
    try:
        record: Record = _adapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        more = f", and {error.error_count() - 1} more" if error.error_count() > 1 else ""
        raise StoreError(
            f"{path} does not have the fields that this version reads "
            f"({place}: {first['msg'].lower()}{more})",
            hint=_AGAIN,
        ) from error
    return record


@contextmanager
def _migrating(path: Path) -> Iterator[None]:
    """Make what a migration raises on a file that has not the form of its version a StoreError."""
    try:
        yield
    except (TypeError, AttributeError, ValueError, LookupError) as error:
        raise StoreError(
            f"{path} is damaged (it has not the form of its version: {error})", hint=_AGAIN
        ) from error


def _versioned(text: str, path: Path) -> dict[str, Any]:
    value = _object(text, path, once=True)
    schema = value.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise StoreError(f"{path} is not the record of a run: it has no schema version")
    if schema > RUN_SCHEMA:
        raise StoreError(
            f"{path} was written by a newer version (schema {schema})",
            hint="upgrade prompt-harness to read this run",
        )
    return value


def _object(text: str, path: Path, *, once: bool = False) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        text: the file, or a line of it.
        path: for the error.
        once: refuse a key that stands twice, and what is no number; it takes longer.

    Raises:
        StoreError: it is none.
    """
    strict: dict[str, Any] = {"object_pairs_hook": _unique, "parse_constant": _no_number}
    try:
        value = json.loads(text, **(strict if once else {}))
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path} is damaged ({error})") from error
    if not isinstance(value, dict):
        raise StoreError(f"{path} is damaged (no JSON object)")
    return value


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key '{twice}' stands twice")
    return value


def _no_number(text: str) -> Json:
    raise ValueError(f"{text} is no number")


def _line(value: Json) -> str:
    return f"{_LINES.encode(value)}\n"


def _pretty(value: Json) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
