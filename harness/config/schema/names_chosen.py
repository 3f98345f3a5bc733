"""How names and values look that a person chooses: one place for loader and JSON Schemas.

The patterns are of the letters that JavaScript's and Python's expressions have in common. Where
only the loader can tell (letters that cannot be seen, of which there are many kinds), a pattern
lets more pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 200
"""Characters of a name; names become columns, file names and arguments."""
LONGEST_VARIABLE = 60
"""Characters of a variable's name."""
LONGEST_LEVEL = 40
"""Characters of the name of an axis's level."""
IN_NAMES = "[],="
"""What sets off levels in the name of a variant."""
VARIABLE = "[A-Za-z][A-Za-z0-9_]*"
TAKEN: Mapping[str, str] = {
    **dict.fromkeys(("image", "images", "id", "metadata"), "a template has this of the sample"),
    "exemplars": "a template has this where 'exemplars:' are text",
    **dict.fromkeys(("references", "reference"), "it looks like the answer"),
    **dict.fromkeys(
        "and caller elif else false False for if import in is kwargs loop macro namespace none "
        "None not or range self set super true True varargs".split(),
        "it means something in Jinja",
    ),
}
"""Names that no variable may have → why."""

_UNSEEN = r"\u0000-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\ufeff"
_NO_TEMPLATE = r"(?![\s\S]*(\{\{[\s\S]*\}\}|\{%[\s\S]*%\}))"


def _name(without: str = "") -> str:
    """Give the pattern of a name: no slash, no white space at its ends."""
    letters = rf"/{without}{_UNSEEN}"
    return rf"[^\s{letters}]([^{letters}]*[^\s{letters}])?"


NAMES: Mapping[str, Any] = {"pattern": f"^{_name()}$", "maxLength": LONGEST}
"""Of models and decodings."""
PIPELINES: Mapping[str, Any] = {"pattern": f"^{_name(':')}$", "maxLength": LONGEST}
VARIABLES: Mapping[str, Any] = {
    "pattern": f"^{VARIABLE}$",
    "maxLength": LONGEST_VARIABLE,
    "not": {"enum": list(TAKEN)},
}
_LEVEL = _name(r"\[\],=")
LEVELS: Mapping[str, Any] = {"pattern": f"^{_LEVEL}$", "maxLength": LONGEST_LEVEL}

Scalar = (
    Annotated[str, Field(json_schema_extra={"pattern": f"^{_NO_TEMPLATE}"})] | bool | int | float
)
"""A value of one kind, as YAML writes it; no template stands in a text."""
Value = Scalar | list[Scalar]
"""What a variable may be."""
Level = (
    Annotated[
        str,
        Field(
            json_schema_extra={
                "pattern": f"^{_NO_TEMPLATE}{_LEVEL}$",
                "maxLength": LONGEST_LEVEL,
            }
        ),
    ]
    | bool
    | int
    | float
)
"""A level that is its own name."""
Variables = Annotated[dict[str, Value], Field(json_schema_extra={"propertyNames": dict(VARIABLES)})]
"""Name → value."""
