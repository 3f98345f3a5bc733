"""Names that key something → the problems of those that are not one name each.

Models, variants, decodings and systems are told apart by their names alone: in a run's files, in
tables, behind --only and --model. A system's name is those of its parts, joined by a slash.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from harness.config.schema.names_chosen import LONGEST
from harness.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.records import Where

JOINER = "/"
"""Between the parts of a system's name."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of controls, format characters (bidi …), surrogates and line breaks."""
_LETTERS_WITHIN = "\u200c\u200d"
"""Invisible, and a part of words in some scripts, and of some emoji."""


def unique(
    kind: str,
    names: Iterable[tuple[str, Where | None]],
    *,
    hint: str | None = None,
    joined: bool = True,
) -> list[ConfigError]:
    """Check names that must differ.

    Args:
        kind: what bears them, as a message says it: model, variant …
        names: each with its place.
        hint: what to do about two that are the same.
        joined: whether they become parts of a longer name, and so cannot hold the joiner.

    Returns:
        A problem for each name that cannot be one, that stands a second time, or that a reader or
        a file system would take for another.
    """
    problems = []
    known: dict[str, tuple[str, Where | None]] = {}
    for name, where in names:
        if reason := _no_name(name, joined=joined):
            problems.append(ConfigError(f"the {kind} name {_shown(name)} {reason}", where=where))
            continue
        looks = _looks(name)
        if looks in known:
            problems.append(_twice(kind, name, where, *known[looks], hint))
        known.setdefault(looks, (name, where))
    return problems


def _twice(
    kind: str, name: str, where: Where | None, first: str, place: Where | None, hint: str | None
) -> ConfigError:
    message = (
        f"two {kind}s are named '{name}'"
        if first == name
        else f"the {kind} names '{first}' and '{name}' differ in capitals or in how letters are "
        "encoded alone"
    )
    at = f"the first is at {place}" if place else None
    return ConfigError(message, where=where, hint="; ".join(filter(None, (at, hint))) or None)


def _no_name(name: str, *, joined: bool) -> str | None:
    """Say why a text can be no name; None where it can."""
    if not name.strip():
        return "is empty"
    if name != name.strip():
        return "begins or ends with white space"
    if len(name) > LONGEST:
        return f"has {len(name)} characters, more than {LONGEST}"
    if joined and JOINER in name:
        return f"holds a '{JOINER}', which joins the parts of a system's name"
    unseen = (c for c in name if unicodedata.category(c) in _UNSEEN and c not in _LETTERS_WITHIN)
    if letter := next(unseen, None):
        return f"holds a character that cannot be seen: U+{ord(letter):04X}"
    return None


def _looks(name: str) -> str:
    """Give what is left of a name where capitals and encodings do not count."""
    seen = "".join(letter for letter in name if letter not in _LETTERS_WITHIN)
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", seen).casefold())


def _shown(name: str) -> str:
    """Write a name so that it cannot be taken for anything but itself."""
    seen = not any(unicodedata.category(c) in _UNSEEN for c in name)
    text = f"'{name}'" if seen else ascii(name)
    return text if len(text) <= 60 else f"{text[:57]}…'"
