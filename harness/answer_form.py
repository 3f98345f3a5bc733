"""The form that a prompt asks its answers to have, and whether a text has it.

vLLM enforces a form while it writes; other engines cannot, and an answer that is cut off may miss
it everywhere. So every completion is checked, and what does not fit is counted and shown.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from jsonschema import SchemaError
from jsonschema.validators import validator_for

from harness.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.records import Json, Where

FORMS = ("regex", "choice", "json")


def check_form(form: Mapping[str, Json], where: Where | None = None) -> None:
    """Refuse a form that no text could be checked against.

    Args:
        form: one of regex (a pattern), choice (texts), json (a JSON schema).
        where: its place in a file.

    Raises:
        ConfigError: there is not one form, or the pattern or the schema is wrong.
    """
    if len(form) != 1:
        raise ConfigError(
            f"structured_outputs takes one of {', '.join(FORMS)}, not {len(form)}", where=where
        )
    [(kind, wanted)] = form.items()
    try:
        if kind == "regex":
            re.compile(wanted)
        elif kind == "json":
            _validator(wanted)
    except re.error as error:
        raise ConfigError(f"structured_outputs.regex: {error}", where=where) from error
    except SchemaError as error:
        raise ConfigError(f"structured_outputs.json: {error.message}", where=where) from error


def has_form(text: str, form: Mapping[str, Json]) -> bool:
    """Tell whether a text has a form that ``check_form`` has let pass; spaces around do not count.

    A regex must match the whole text, a choice be one of them, JSON be valid under the schema.
    """
    [(kind, wanted)] = form.items()
    bare = text.strip()
    if kind == "regex":
        return re.fullmatch(wanted, bare, re.DOTALL) is not None
    if kind == "choice":
        return bare in wanted
    try:
        value = json.loads(bare)
    except ValueError:
        return False
    return bool(_validator(wanted).is_valid(value))


def _validator(schema: Json) -> Any:
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)
