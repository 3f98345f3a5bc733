"""How a number was computed, as fields: written, read back, and held against another number's.

After sacreBLEU's signatures (Post, 2018, "A Call for Clarity in Reporting BLEU Scores"). The long
form is what files hold (``CIDEr|tok:ptb|case:lc|…``), the short one has keys of one or two letters
(``CIDEr|t:ptb|c:lc|…``); ``parse`` reads both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORT: Mapping[str, str] = MappingProxyType(
    {
        "tok": "t",
        "case": "c",
        "tokjar": "tj",
        "mend": "m",
        "refmend": "rm",
        "reflen": "rl",
        "smooth": "sm",
        "beta": "b",
        "df": "df",
        "variant": "va",
        "sigma": "si",
        "impl": "i",
        "refset": "rs",
        "meteor": "me",
        "lang": "l",
        "jar": "j",
        "words": "w",
        "match": "ma",
        "norm": "no",
        "field": "f",
        "vocab": "vo",
        "vocabset": "vs",
        "num": "nu",
        "avg": "av",
        "eff": "e",
        "nc": "nc",
        "nw": "nw",
        "space": "s",
        "model": "mo",
        "files": "fi",
        "layer": "la",
        "rescale": "re",
        "evaluate": "ev",
        "refs": "r",
        "split": "sp",
        "n": "n",
        "draws": "d",
        "unscored": "u",
        "pp": "pp",
        "v": "v",
    }
)
"""Field → its key in the short form; a field that is not here keeps its name."""

DESCRIBES = frozenset({"split", "n", "draws", "unscored", "pp"})
"""Fields that describe what was scored; ``Signature.differences`` says why these."""

_LONG = {short: name for name, short in SHORT.items()}
_SPECIAL = re.compile(r"[%|\x00-\x1f\x7f]")
_CODE = re.compile(r"%([0-7][0-9A-F])")


class Difference(NamedTuple):
    """A field in which two signatures differ."""

    field: str
    mine: str | None
    """None where the signature does not have it, as those of older versions."""
    theirs: str | None

    def __str__(self) -> str:
        """Say it in words: ``tok (ptb, none)``."""
        mine, theirs = (
            "not told" if value is None else value for value in (self.mine, self.theirs)
        )
        return f"{self.field} ({mine}, {theirs})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """In what two signatures differ."""

    computed: tuple[Difference, ...]
    """What makes the two numbers incomparable."""
    data: tuple[Difference, ...]
    """What was scored in either case; the numbers can be compared."""

    @property
    def comparable(self) -> bool:
        """Whether the two numbers mean the same."""
        return not self.computed


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """All that says how a number was computed.

    Raises:
        ValueError: the metric or a field has no name, or a field stands twice.
    """

    metric: str
    """The column's name: BLEU_1."""
    fields: tuple[tuple[str, str], ...]
    """Name and value, in the order of printing."""

    def __post_init__(self) -> None:
        names = [name for name, _ in self.fields]
        if not self.metric or not all(names):
            raise ValueError("a signature names its metric and its fields")
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"the field '{twice}' stands twice in a signature")

    def long(self) -> str:
        """Write it with whole names; ``|``, ``%`` and controls in values become ``%7C`` …."""
        return self._written({})

    def short(self) -> str:
        """Write it with the keys of ``SHORT``."""
        return self._written(SHORT)

    def __str__(self) -> str:
        """Write the long form."""
        return self.long()

    def get(self, field: str) -> str | None:
        """Give a field's value; None where there is no such field."""
        return dict(self.fields).get(field)

    @classmethod
    def parse(cls, text: str) -> Signature:
        """Read a long or a short form.

        Raises:
            ValueError: it is neither.
        """
        metric, *parts = text.split("|")
        fields = []
        for part in parts:
            key, colon, value = part.partition(":")
            if not colon:
                raise ValueError(f"no signature: '{part:.60}' is no field with a value")
            fields.append((_LONG.get(key) or _decoded(key), _decoded(value)))
        if not fields:
            raise ValueError(f"no signature: '{text:.60}' has no field")
        return cls(metric=_decoded(metric), fields=tuple(fields))

    def differences(self, other: Signature) -> Differences:
        """Say in which fields two numbers' signatures differ, in the order of the first of them.

        What was computed must be the same for two numbers to mean the same: the metric and its
        options, tokens, case, mending, versions, the set of samples that a score depends on beside
        its own, and also ``refs``, for more references raise every score. A field that nobody
        knows counts as such.

        Only these describe what was scored (``DESCRIBES``): ``split``, ``n`` and ``unscored`` say
        what of the data a mean is over; ``draws`` how many answers stand for a sample, whose mean
        estimates the same as one; ``pp`` the steps that make an answer, which are a part of the
        system that is measured, like its prompt.
        """
        mine, theirs = dict(self.fields), dict(other.fields)
        found = [
            Difference(field=name, mine=mine.get(name), theirs=theirs.get(name))
            for name in dict.fromkeys((*mine, *theirs))
            if mine.get(name) != theirs.get(name)
        ]
        if self.metric != other.metric:
            found = [Difference(field="metric", mine=self.metric, theirs=other.metric), *found]
        return Differences(
            computed=tuple(each for each in found if each.field not in DESCRIBES),
            data=tuple(each for each in found if each.field in DESCRIBES),
        )

    def _written(self, keys: Mapping[str, str]) -> str:
        fields = (f"{keys.get(name) or _key(name)}:{_coded(value)}" for name, value in self.fields)
        return "|".join((_coded(self.metric), *fields))


def _coded(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"%{ord(found[0]):02X}", text)


def _decoded(text: str) -> str:
    return _CODE.sub(lambda found: chr(int(found[1], 16)), text)


def _key(name: str) -> str:
    """Write a field's name so that it is no other field's short key."""
    coded = _coded(name).replace(":", "%3A")
    known = _LONG.get(name)
    return coded if known in (None, name) else f"%{ord(name[0]):02X}{coded[1:]}"
