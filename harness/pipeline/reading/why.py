"""Two runs → which ingredients of their completions' keys differ, from the run folders alone.

Completions are paired by system, sample and draw. Each difference is given once, with how many
completions it is between; which images changed is one difference, however many there are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.errors import StoreError
from harness.ingredients import differences
from harness.nearest import nearest
from harness.store.run_folder import COMPLETIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.records import Json
    from harness.store.run_folder import RunFolder

SHOWN = 5
"""Sample ids that are named of a difference, or of what only one run has."""
_IMAGES = "other content in an image"


@dataclass(slots=True)
class Difference:
    """One way in which completions of two runs differ."""

    ingredient: str
    """messages, model, decoding, images, draw, version; or record, where none was kept."""
    text: str
    """One line, or a unified diff of the messages; the lines around a change are those of the
    first completion."""
    systems: Counter[str] = field(default_factory=Counter)
    """System → completions."""
    samples: dict[str, None] = field(default_factory=dict)
    """Ids, in order."""

    @property
    def count(self) -> int:
        """How many completions it is between."""
        return self.systems.total()


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """What one run has and the other has not."""

    systems: tuple[str, ...]
    samples: tuple[str, ...]
    draws: int
    """How many draws more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What differs between two runs."""

    compared: Counter[str]
    """System → completions that both runs have."""
    same: int
    """Of these, the ones with the same key."""
    differences: tuple[Difference, ...]
    """The most frequent first."""
    only: tuple[Only, Only]
    """What the first run alone has, and the second."""

    def json(self) -> dict[str, Json]:
        """Give it as plain data; of the samples of a difference the first few."""
        return {
            "compared": self.compared.total(),
            "same": self.same,
            "differences": [
                {
                    "ingredient": difference.ingredient,
                    "difference": difference.text,
                    "completions": difference.count,
                    "of": sum(self.compared[system] for system in difference.systems),
                    "systems": dict(difference.systems),
                    "samples": len(difference.samples),
                    "first_samples": list(difference.samples)[:SHOWN],
                }
                for difference in self.differences
            ],
            **{
                name: {
                    "systems": list(only.systems),
                    "samples": list(only.samples),
                    "draws": only.draws,
                }
                for name, only in zip(("only_first", "only_second"), self.only, strict=True)
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which completions are looked at; default: all."""

    variant: str | None = None
    sample: str | None = None
    system: str | None = None


def why(first: RunFolder, second: RunFolder, choice: Choice) -> Why:
    """Say in what the completions of two runs differ.

    Raises:
        StoreError: a run is not finished or damaged, or neither has what was chosen.
    """
    before, after = _read(first), _read(second)
    _check(choice, before, after)
    names = _same_systems(before.systems, after.systems)
    chosen_before = {place: line for place, line in before.lines.items() if _fits(line, choice)}
    chosen_after = {
        (names.get(line.system, line.system), *place[1:]): line
        for place, line in after.lines.items()
        if _fits(line, choice)
    }
    if choice.system:  # by the name that it has in one run, where the other has another
        wanted = {choice.system, names.get(choice.system, choice.system)}
        chosen_before = {p: line for p, line in chosen_before.items() if p[0] in wanted}
        chosen_after = {p: line for p, line in chosen_after.items() if p[0] in wanted}
    parts = _parts(first) | _parts(second)
    both = [place for place in chosen_before if place in chosen_after]
    differences: dict[tuple[str, str], Difference] = {}
    same = 0
    for place in both:
        old, new = chosen_before[place], chosen_after[place]
        if old.key == new.key:
            same += 1
            continue
        for ingredient, text in _differences(old, new, parts):
            difference = differences.setdefault(
                (ingredient, _changed(text)), Difference(ingredient, text)
            )
            difference.systems[place[0]] += 1
            difference.samples[place[1]] = None
    return Why(
        compared=Counter(system for system, _, _ in both),
        same=same,
        differences=tuple(sorted(differences.values(), key=lambda difference: -difference.count)),
        only=(_only(chosen_before, chosen_after), _only(chosen_after, chosen_before)),
    )


class _Line(NamedTuple):
    key: str
    system: str
    variant: str
    sample: str
    record: Mapping[str, Any]
    missing: str
    """Why there is no record; empty where there is one."""


_Place = tuple[str, str, int]
"""System, sample and draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    lines: dict[_Place, _Line]
    systems: Mapping[str, tuple[str, ...]]
    """System → its model, variant and decoding."""


def _read(folder: RunFolder) -> _Run:
    run = folder.run()
    path = folder.path / COMPLETIONS
    lines: dict[_Place, _Line] = {}
    for number, made, fault in folder.completion_lines():
        if made is None:
            raise StoreError(f"{path}:{number}: damaged: {fault}")
        missing = "holds predictions made elsewhere, of which nothing is known"
        if made.record is None:
            missing = "was made by a version that kept no record of what a key is made from"
        lines[made.system, made.sample_id, made.draw] = _Line(
            made.completion.key,
            made.system,
            made.variant,
            made.sample_id,
            made.record or {},
            "" if made.record else f"not known: {folder.path} {missing}",
        )
    systems = {s.asked_as: (s.model, s.variant, s.decoding.name) for s in run.systems}
    return _Run(lines=lines, systems=systems)


def _parts(folder: RunFolder) -> dict[str, str]:
    return folder.parts() if (folder.path / "ingredients.jsonl").is_file() else {}


def _same_systems(
    before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Give each system of the second run the name that it has in the first.

    A name is as short as its run allows: a run of two models puts the model before the variant.
    """
    names = {name: name for name in after if name in before}
    others = {what: name for name, what in before.items() if name not in after}
    return names | {
        name: others[what] for name, what in after.items() if name not in names and what in others
    }


def _fits(line: _Line, choice: Choice) -> bool:
    return choice.variant in (None, line.variant) and choice.sample in (None, line.sample)


def _check(choice: Choice, *runs: _Run) -> None:
    """Refuse a name that neither run has.

    Raises:
        StoreError: there is one.
    """
    for word in ("variant", "sample", "system"):
        name = getattr(choice, word)
        known = sorted({getattr(line, word) for run in runs for line in run.lines.values()})
        if name is not None and name not in known:
            hint = nearest(name, known) if word != "sample" else None
            raise StoreError(f"neither run has a {word} '{name}'", hint=hint)


def _differences(old: _Line, new: _Line, parts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give each ingredient that differs, and how."""
    if missing := old.missing or new.missing:
        yield "record", missing
        return
    none = True
    for name in ("messages", "model", "decoding", "images", "draw", "version"):
        before, after = (
            {name: line.record[name]} if name in line.record else {} for line in (old, new)
        )
        lines = differences(before, after, parts)
        if not lines:
            continue
        none = False
        if name == "messages":
            yield name, "\n".join(lines)
        elif name == "images" and lines[0].startswith("images["):
            yield name, _IMAGES
        else:
            yield from ((name, line) for line in lines)
    if none:
        yield "record", "nothing that was recorded: the two versions make keys in other ways"


def _changed(text: str) -> str:
    """Give what of a difference counts: of a diff the changed lines, without those around them."""
    lines = text.split("\n")
    return "\n".join(line for line in lines if line[0] in "-+") if len(lines) > 1 else text


def _only(own: Mapping[_Place, _Line], other: Mapping[_Place, _Line]) -> Only:
    own_values, other_values = (
        [dict.fromkeys(place[i] for place in places) for i in range(3)] for places in (own, other)
    )
    return Only(
        systems=tuple(str(name) for name in own_values[0] if name not in other_values[0]),
        samples=tuple(str(name) for name in own_values[1] if name not in other_values[1]),
        draws=sum(draw not in other_values[2] for draw in own_values[2]),
    )
