"""References as they stand in a file → the texts that a description's ``mend:`` makes of them.

Nothing is mended unless it is asked for, and each step says how many references it changed.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from html.entities import html5
from typing import TYPE_CHECKING, NamedTuple

from harness.records import Mended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_ENTITY = re.compile(r"&(?:#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|([A-Za-z][A-Za-z0-9]{1,31};))")
"""A number, or a name with its semicolon; longer ones are none, and Python would be slow to try."""


class Change(NamedTuple):
    """What a step made of a reference."""

    step: str
    before: str
    after: str


class Mending:
    """Mends the references of a dataset, and counts; the steps go in an order of their own.

    Args:
        steps: which of them.
    """

    def __init__(self, steps: Iterable[str]) -> None:
        asked = set(steps)
        self._steps = {name: step for name, step in STEPS.items() if name in asked}
        self._counts: dict[str, int] = dict.fromkeys(self._steps, 0)
        self._first: dict[str, tuple[str, Change]] = {}

    def mended(self, references: Sequence[str]) -> tuple[list[str], list[Change]]:
        """Mend the references of a row; those of which nothing is left are none.

        Returns:
            The references, and what was changed; ``count`` takes it where the row is a sample.
        """
        texts, changes = [], []
        for written in references:
            text = written
            for name, step in self._steps.items():
                after = step(text)
                if after != text:
                    changes.append(Change(name, text, after))
                    text = after
            texts.append(text)
        return [text for text in texts if text.strip()], changes

    def count(self, sample_id: str, changes: Iterable[Change]) -> None:
        """Count what was changed of a sample."""
        for change in changes:
            self._counts[change.step] += 1
            self._first.setdefault(change.step, (sample_id, change))

    def account(self) -> tuple[Mended, ...]:
        """Say how many references each step has changed, also where it is none."""
        account = []
        for step, count in self._counts.items():
            sample_id, first = self._first.get(step, ("", Change(step, "", "")))
            account.append(
                Mended(
                    step=step,
                    references=count,
                    first=sample_id,
                    before=first.before,
                    after=first.after,
                )
            )
        return tuple(account)


def mended_texts(file: str, account: Iterable[Mended]) -> list[str]:
    """Say for each step what it did in a file, a sentence each."""
    return [
        f"{file}: {each.step} changed "
        f"{'1 reference' if each.references == 1 else f'{each.references:,} references'}"
        for each in account
    ]


def html_entities(text: str) -> str:
    """Write ``&amp;`` and ``&#233;`` as the signs that they stand for, once.

    What has no semicolon, or no meaning, is none: ``salt&copper`` stays.
    """
    return _ENTITY.sub(_sign, text) if "&" in text else text


def _sign(entity: re.Match[str]) -> str:
    # html.unescape would take the beginning of &notit; for &not.
    name = entity[1]
    return html5.get(name, entity[0]) if name else unescape(entity[0])


def unicode(text: str) -> str:
    """Write accents in their composed form (NFC)."""
    return unicodedata.normalize("NFC", text)


def white_space(text: str) -> str:
    """Make one space of every run of white space, line breaks included, and none at the ends."""
    return " ".join(text.split())


STEPS: Mapping[str, Callable[[str], str]] = {
    "html_entities": html_entities,
    "unicode": unicode,
    "white_space": white_space,
}
"""In the order in which they are applied: what one makes, the next may have to mend."""
