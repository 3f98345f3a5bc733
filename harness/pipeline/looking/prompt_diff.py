"""Two variants or systems of a suite + one sample → in what they differ as they are sent.

Compared are the messages with their images, what the model is and how it is sampled, the exemplars,
and what is done to the answer. Descriptions and templates are not: two ways to one text are one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from difflib import SequenceMatcher
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from harness.config.problems import Problems
from harness.pipeline.asking.plan import Choice, Plan, choose
from harness.pipeline.asking.systems import control_systems, systems_of
from harness.pipeline.looking.exemplar_turns import exemplar_turns, exemplars_shown
from harness.pipeline.looking.naming_systems import systems_named
from harness.pipeline.looking.preview import render_requests
from harness.pipeline.looking.word_diff import Change, Key, Line, key_of, line_diff
from harness.records import ImagePart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.records import Json, MediaRef, Request, Role, Suite, System


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two."""

    name: str
    systems: tuple[System, ...]
    """Its own; several where it is a variant that has several pipelines."""
    request: Request
    key: str | None
    """None where it is not known before a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDiff:
    """A message of the first, of the second, or one of each that stand in the same place."""

    role: Role
    change: Change | None
    """None where it stands in both, and differs."""
    lines: tuple[Line, ...]
    exemplars: tuple[str, ...] = ()
    """The id of the exemplar that it shows; where two differ, of both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDiff:
    """A value that differs; None where one of the two has none."""

    group: str
    """model, decoding, exemplars or postprocess."""
    name: str
    first: Json
    second: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptDiff:
    """In what two differ."""

    sample_id: str
    first: Side
    second: Side
    messages: tuple[MessageDiff, ...]
    fields: tuple[FieldDiff, ...]
    images_alike: bool
    """Whether the same images are sent in the same order."""
    asked_alike: bool
    """Whether they are one question, with one key: the model is asked once for both."""
    others: int
    """Further pairs of model and decoding that both have, beside the one that is compared."""

    def json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "sample_id": self.sample_id,
            "first": _side_json(self.first),
            "second": _side_json(self.second),
            "asked_alike": self.asked_alike,
            "images_alike": self.images_alike,
            "messages": [
                {
                    "role": message.role,
                    "change": message.change or "changed",
                    "exemplars": list(message.exemplars),
                    "lines": [_line_json(line) for line in message.lines],
                }
                for message in self.messages
            ],
            "fields": [asdict(each) for each in self.fields],
        }


def compare_prompts(
    suite: Suite, choice: Choice, sample_id: str | None, first: str, second: str
) -> PromptDiff:
    """Compare what two of a suite are sent for one sample (default: the first).

    Args:
        suite: with every name resolved.
        choice: of models, engine and variables.
        sample_id: of its dataset.
        first: a variant, one of a matrix, a control, or a system.
        second: likewise.

    Raises:
        HarnessError: a name, a file or a template is wrong.
    """
    chosen = choose(suite, choice)
    systems = list(systems_of(chosen, Problems()))  # what is wrong with them, the plan says
    systems += control_systems(chosen, systems)
    found = [systems_named(name, chosen, systems) for name in (first, second)]
    only = tuple(dict.fromkeys(system.variant for each in found for system in each))
    plan, requests = render_requests(suite, replace(choice, only=only), sample_id)
    ways = [list(dict.fromkeys(map(_way, each))) for each in found]
    both = [way for way in ways[0] if way in ways[1]]
    kept = [
        tuple(system for system in each if _way(system) == (both or own)[0])
        for each, own in zip(found, ways, strict=True)
    ]
    asked = {request.system: request for _, request in requests}
    sides = [_side(plan, each, asked[each[0].asked_as]) for each in kept]
    return _diff(plan, *sides, others=max(len(both) - 1, 0))


def _way(system: System) -> tuple[str, str]:
    return system.model, system.decoding.name


def _side(plan: Plan, systems: tuple[System, ...], request: Request) -> Side:
    name = systems[0].name if len(systems) == 1 else systems[0].asked_as
    key = request.key if plan.pinned(systems[0].model) else None
    return Side(name=name, systems=systems, request=request, key=key)


def _diff(plan: Plan, first: Side, second: Side, *, others: int) -> PromptDiff:
    media = [side.request.rendered.media for side in (first, second)]
    fields = [_fields(plan, side) for side in (first, second)]
    return PromptDiff(
        sample_id=first.request.sample_id,
        first=first,
        second=second,
        messages=tuple(_message_diffs(plan, first, second)),
        fields=tuple(
            FieldDiff(
                group=group, name=name, first=fields[0].get(place), second=fields[1].get(place)
            )
            for place in dict.fromkeys([*fields[0], *fields[1]])
            for group, name in [place]
            if fields[0].get(place) != fields[1].get(place)
        ),
        images_alike=[_bytes_of(ref) for ref in media[0]] == [_bytes_of(ref) for ref in media[1]],
        asked_alike=first.request.key == second.request.key,
        others=others,
    )


def _bytes_of(ref: MediaRef) -> tuple[str, int]:
    return ref.sha256, ref.pixels


def _fields(plan: Plan, side: Side) -> Mapping[tuple[str, str], Json]:
    """Give what is set for a side, beside its messages: (group, name) → value."""
    system, model = side.systems[0], plan.model(side.systems[0].model)
    fields: dict[tuple[str, str], Json] = {
        ("model", "name"): model.name,
        ("model", "engine"): model.engine,
        ("model", "model"): model.model,
        ("model", "revision"): model.revision,
        ("model", "adapter"): model.adapter,
    }
    fields |= {("model", f"args.{name}"): value for name, value in model.args.items()}
    fields |= {("model", f"image.{name}"): value for name, value in model.image.items()}
    fields |= {("decoding", name): value for name, value in system.decoding.params.items()}
    fields["decoding", "n"] = system.draws
    variant = plan.variant(system.variant)
    if spec := variant.exemplars:
        shown = exemplars_shown(plan, system, side.request.sample_id)
        fields["exemplars", "dataset"] = spec.dataset
        fields["exemplars", "ids"] = [sample.id for sample in shown]
        fields["exemplars", "as"] = spec.form
        fields["exemplars", "images"] = spec.images and system.control != "blind"
    for each in side.systems:
        name = each.pipeline if each.pipeline and len(side.systems) > 1 else "steps"
        fields["postprocess", name] = list(variant.steps(each.pipeline))
    return fields


def _message_diffs(plan: Plan, first: Side, second: Side) -> Iterator[MessageDiff]:
    """Compare message by message."""
    turns = [_turns(plan, side) for side in (first, second)]
    for i, j in _pairs(*turns):
        one, other = (None if i is None else turns[0][i]), (None if j is None else turns[1][j])
        given = [turn for turn in (one, other) if turn]
        change: Change | None = "same" if one == other else None
        if one is None or other is None:
            change = "removed" if one else "added"
        yield MessageDiff(
            role=given[-1].role,
            change=change,
            lines=line_diff(one.lines if one else (), other.lines if other else ()),
            exemplars=tuple(dict.fromkeys(turn.exemplar for turn in given if turn.exemplar)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """A message as it is compared: by its role, its texts and the bytes of its images."""

    role: Role
    keys: tuple[Key, ...]
    lines: tuple[str | MediaRef, ...] = field(compare=False)
    exemplar: str | None = field(compare=False)


def _turns(plan: Plan, side: Side) -> list[_Turn]:
    rendered = side.request.rendered
    exemplars = exemplar_turns(plan, side.systems[0], side.request)
    turns = []
    for i, message in enumerate(rendered.messages):
        lines: list[str | MediaRef] = []
        for part in message.parts:
            if isinstance(part, ImagePart):
                lines.append(rendered.media[part.index])
            else:
                lines += part.text.split("\n")
        keys = tuple(map(key_of, lines))
        turns.append(
            _Turn(role=message.role, keys=keys, lines=tuple(lines), exemplar=exemplars.get(i))
        )
    return turns


def _pairs(
    first: Sequence[_Turn], second: Sequence[_Turn]
) -> Iterator[tuple[int | None, int | None]]:
    """Pair turns that are alike; others of one role from the end, where the question stands."""
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    for tag, a, to_a, b, to_b in matcher.get_opcodes():
        if tag == "equal":
            yield from zip(range(a, to_a), range(b, to_b), strict=True)
            continue
        backwards = zip(reversed(first[a:to_a]), reversed(second[b:to_b]), strict=False)
        paired = len(list(takewhile(lambda pair: pair[0].role == pair[1].role, backwards)))
        yield from ((i, None) for i in range(a, to_a - paired))
        yield from ((None, j) for j in range(b, to_b - paired))
        yield from zip(range(to_a - paired, to_a), range(to_b - paired, to_b), strict=True)


def _side_json(side: Side) -> dict[str, Any]:
    return {
        "name": side.name,
        "systems": [system.name for system in side.systems],
        "model": side.systems[0].model,
        "key": side.key,
    }


def _line_json(line: Line) -> dict[str, Any]:
    if line.image:
        return {"change": line.change, "image": asdict(line.image)}
    return {"change": line.change, "pieces": list(map(asdict, line.pieces))}
