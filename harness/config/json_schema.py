"""The shapes of files, as pydantic checks them → JSON Schemas by which editors complete and mark.

They are of draft-07, the newest that all versions of yaml-language-server and JetBrains' editors
read; nothing in them needs a newer one. They accept whatever the loader accepts, and more: what
draft-07 has no words for, and what only several files tell together, is left to ``harness check``
(``tests/faults/test_what_a_schema_says.py`` lists it). Each stands alone, without
``$ref``, and forms of a value that differ in type are one schema with several types: of
alternatives an editor shows what one of them says, and not what is said of the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.config.sampling_values import NUMBERS, REQUIRED
from harness.config.schema import (
    FORMATS,
    KNOWN,
    DatasetFile,
    FormFile,
    ModelFile,
    SuiteFile,
    VariantFile,
)
from harness.yaml_source import parse_value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pydantic import BaseModel

    from harness.config.sampling_values import Numbers
    from harness.config.schema import Known

FILES: Mapping[str, type[BaseModel]] = {
    "suite": SuiteFile,
    "variant": VariantFile,
    "dataset": DatasetFile,
    "model": ModelFile,
}
"""What a person writes → the shape of its file."""
DIALECT = "http://json-schema.org/draft-07/schema#"

_NAME = r"^[A-Za-z][^\s:]*$"
"""How a name looks that a package may add."""
_WITHIN = ("items", "additionalProperties")
"""Keywords that hold a schema."""
_NOT_BY_KIND = frozenset({"enum", "not", "anyOf", "description"})
"""Keywords that say something of values of every type."""

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """What stands behind the name of a step."""

    shown: str
    form: str
    """A pattern that it matches whole."""
    numbers: Mapping[str, int] | None
    """Bounds of a whole number that is one; None: none is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What may be named, each name with what it means, or nothing."""

    steps: Mapping[str, str]
    steps_with_argument: Mapping[str, Argument]
    metrics: Mapping[str, str]
    options: Mapping[str, Mapping[str, Collection[str]]]
    """Metric → its options → the types that each may have, as JSON Schema calls them."""
    columns: Mapping[str, str]
    """That may decide."""
    engines: Mapping[str, str]
    presets: Mapping[str, str]


def json_schema(kind: str, names: Names) -> Schema:
    """Give the JSON Schema of a kind of file.

    Args:
        kind: one of ``FILES``.
        names: what stands in other parts than this one.
    """
    written = FILES[kind].model_json_schema()
    shape = _Shape(definitions=written.get("$defs", {}), known=_known(names))
    what = written.pop("description").replace("``", "")
    return {"$schema": DIALECT, "title": kind, "description": what, **shape.plain(written)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Makes of pydantic's schema of a file one that stands alone."""

    definitions: Mapping[str, Schema]
    known: Mapping[Known, Schema]

    def plain(self, schema: Schema) -> Schema:
        """Fill in what a schema refers to, and leave out what helps nobody who writes a file."""
        if "$ref" in schema:
            shape = self.definitions[schema["$ref"].rpartition("/")[2]]
            # Its description is the class's; what the key means stands beside the reference.
            schema = {**shape, "description": None, **schema}
        left_out = ("title", "$defs", "$ref", KNOWN)
        made = {key: of for key, of in schema.items() if key not in left_out and of is not None}
        if KNOWN in schema:
            return _finished({**self.known[schema[KNOWN]], **made})
        for key in _WITHIN:
            if isinstance(made.get(key), dict):
                made[key] = self.plain(made[key])
        if "properties" in made:
            made["properties"] = {key: self.plain(of) for key, of in made["properties"].items()}
        made = {"anyOf" if key == "oneOf" else key: of for key, of in made.items()}
        if "anyOf" in made:
            made = {**_any_of(map(self.plain, made.pop("anyOf"))), **made}
        return _finished(made)


def _finished(schema: Schema) -> Schema:
    """Write examples as the values that they are; leave out a default that is nothing."""
    if "examples" in schema:
        schema["examples"] = [parse_value(text) for text in schema["examples"]]
    if schema.get("default") in ("", [], {}):
        schema.pop("default", None)
    return schema


def _any_of(forms: Iterable[Schema]) -> Schema:
    """Make one schema of forms that a value may have, as far as their types tell them apart.

    None stands for a key that is left out: a file may not have it with nothing behind it.
    """
    alone: list[Schema] = []
    together: Schema = {"type": []}
    for form in (part for each in forms for part in each.get("anyOf", [each])):
        types = form.get("type")
        if types == "null":
            continue
        if types is None or _NOT_BY_KIND & form.keys() or {*_list(types)} & {*together["type"]}:
            alone.append(form)
        else:
            together = {**together, **form, "type": [*together["type"], *_list(types)]}
    if "number" in together["type"] and "integer" in together["type"]:
        together["type"].remove("integer")
    forms_left = [*alone, *([together] if together["type"] else [])]
    for form in forms_left:
        if len(_list(form.get("type", []))) == 1:
            form["type"] = _list(form["type"])[0]
    return forms_left[0] if len(forms_left) == 1 else {"anyOf": forms_left}


def _or_null(schema: Schema) -> Schema:
    made = {**schema, "type": [*_list(schema["type"]), "null"]}
    return {**made, "enum": [*schema["enum"], None]} if "enum" in schema else made


def _list(types: str | list[str]) -> list[str]:
    return [types] if isinstance(types, str) else types


def _known(names: Names) -> dict[Known, Schema]:
    return {
        "step": _step(names),
        "metric": _metric(names),
        "column": _open(names.columns, "column of a metric"),
        "engine": _open(names.engines, "engine"),
        "preset": _closed(names.presets),
        "format": _open(dict.fromkeys(FORMATS, ""), "format"),
        "sampling": _sampling(),
    }


def _closed(names: Mapping[str, str]) -> Schema:
    """Allow these names alone."""
    schema: Schema = {"type": "string", "enum": list(names)}
    return {**schema, "enumDescriptions": list(names.values())} if any(names.values()) else schema


def _open(names: Mapping[str, str], what: str, also: Iterable[str] = ()) -> Schema:
    """Allow these names, and others, which packages may add; what an editor shows tells which."""
    other = {
        "type": "string",
        "pattern": _NAME,
        "not": {"enum": [*names, *also]},
        "description": f"No {what} of this program: an installed package must add it.",
    }
    return {"anyOf": [_closed(names), other]}


def _step(names: Names) -> Schema:
    """A name, ``name:argument`` or ``{name: argument}``."""
    argued = names.steps_with_argument
    forms = ", ".join(f"{name}:{argument.shown}" for name, argument in argued.items())
    patterns = "|".join(f"{name}:{argument.form}" for name, argument in argued.items())
    plain = _open(names.steps, "step", argued)["anyOf"]
    in_one = {
        "type": "string",
        "pattern": f"^({patterns})$",
        "description": f"A step with its argument: {forms}.",
    }
    as_key = {
        "type": "object",
        "properties": {
            name: {
                **_argument(argument),
                "description": f"{name}:{argument.shown}",
            }
            for name, argument in argued.items()
        },
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {"anyOf": [*plain, in_one, as_key]}


def _argument(argument: Argument) -> Schema:
    text: Schema = {"type": "string", "pattern": f"^{argument.form}$"}
    if argument.numbers is None:
        return text
    return {**text, "type": ["string", "integer"], **argument.numbers}


def _metric(names: Names) -> Schema:
    """A name, ``{name: options}`` or ``{evaluate: module, option: value}``."""
    own = {
        name: {
            "type": "object",
            "description": f"The metric {name} with options.",
            "properties": {
                option: {"type": list(types), "description": f"An option of {name}."}
                for option, types in options.items()
            },
            "additionalProperties": False,
        }
        for name, options in names.options.items()
    }
    with_options = {
        "type": "object",
        "properties": own,
        "additionalProperties": {"type": "object"},
        "minProperties": 1,
        "maxProperties": 1,
    }
    module = {
        "type": "object",
        "properties": {
            "evaluate": {
                "type": "string",
                "description": "A module of Hugging Face's evaluate: ./path, or an id on the Hub. "
                "Its options stand beside it.",
            },
            "revision": {"type": "string", "description": "Of a module on the Hub: a commit."},
        },
        "required": ["evaluate"],
    }
    return {"anyOf": [*_open(names.metrics, "metric")["anyOf"], with_options, module]}


_NO_PARAMETER = (
    "No engine of this program knows this sampling parameter: a server's 'extra_sampling' or an "
    "installed package must take it."
)
"""A warning in editors that go by VS Code's schemas, which no validator minds."""


def _sampling() -> Schema:
    """Sampling parameters; an engine of a package may know further ones."""
    form = FormFile.model_json_schema()
    shape = _Shape(definitions={}, known={}).plain(form)
    stop = {
        "type": ["string", "array", "null"],
        "items": {"type": "string", "minLength": 1},
        "minLength": 1,
        "description": "A text, or a list of texts, before which an answer ends.",
    }
    held = {**_or_null(shape), "description": "The form that answers must have."}
    numbers = {name: _number(name, range_) for name, range_ in NUMBERS.items()}
    return {
        "type": "object",
        "properties": {**numbers, "stop": stop, "structured_outputs": held},
        "additionalProperties": {"deprecationMessage": _NO_PARAMETER},
    }


def _number(name: str, numbers: Numbers) -> Schema:
    schema: Schema = {"type": "integer" if numbers.whole else "number"}
    if numbers.least is not None:
        schema["minimum"] = min((numbers.least, *numbers.also))
    if numbers.above is not None:
        schema["exclusiveMinimum"] = numbers.above
    if numbers.most is not None:
        schema["maximum"] = numbers.most
    return {**(schema if name in REQUIRED else _or_null(schema)), "description": numbers.meaning}
