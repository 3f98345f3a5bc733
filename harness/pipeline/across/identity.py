"""A run's completions → what each of its systems is, whatever it is called there.

Two systems of two runs are the same one if a model with the same settings was sent the same
messages and images for each sample that both have, and its answers were post-processed alike. Names
and files of prompts are not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.records import Json, RunRecord, StoredCompletion

Way = tuple[str, str]
"""Hashes of the model with its engine, and of the decoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What one system is."""

    steps: tuple[str, ...]
    """Of post-processing."""
    control: str | None
    ways: frozenset[Way]
    """One, unless completions of a run were made under another version of its key."""
    asked: dict[str, int]
    """Sample → a hash of what was sent for it, of this process alone; empty where the run is so old
    that it does not know."""
    example: Mapping[str, Json] | None = None
    """What the completion of one sample depends on, where one was to be kept."""

    def is_of(self, other: Identity) -> bool:
        """Tell whether two are the same system, as far as the samples that both have can tell."""
        alike = (self.steps, self.control, self.ways) == (other.steps, other.control, other.ways)
        return alike and self.asks_as(other)

    def asks_as(self, other: Identity) -> bool:
        """Tell whether two send models the same, whichever models these are."""
        few, many = sorted((self.asked, other.asked), key=len)
        common = [name for name in few if name in many]
        return bool(common) and all(few[name] == many[name] for name in common)


@dataclass(slots=True)
class Noting:
    """Notes what was asked while a run's completions go by.

    Args:
        run: whose they are.
        example: a sample of which all that its completions depend on is kept.
    """

    run: RunRecord
    example: str | None = None
    _asked: dict[str, dict[str, int]] = field(default_factory=dict)
    _ways: dict[str, set[Way]] = field(default_factory=dict)
    _examples: dict[str, Mapping[str, Json]] = field(default_factory=dict)

    def watch(self, lines: Iterable[StoredCompletion]) -> Iterator[StoredCompletion]:
        """Hand completions on, and note those of the first draw."""
        for line in lines:
            record = line.record
            if line.draw == 0 and record:
                self._ways.setdefault(line.system, set()).add(
                    (str(record.get("model")), str(record.get("decoding")))
                )
                sent = [record.get(part) for part in ("messages", "images", "pixels")]
                self._asked.setdefault(line.system, {})[line.sample_id] = hash(repr(sent))
                if line.sample_id == self.example:
                    self._examples[line.system] = record
            yield line

    def identities(self) -> dict[str, Identity]:
        """Give what each system of the run is, once all completions have gone by."""
        return {
            system.name: Identity(
                steps=self.run.variants[system.variant].steps(system.pipeline),
                control=system.control,
                ways=frozenset(self._ways.get(system.asked_as, ())),
                asked=self._asked.get(system.asked_as, {}),
                example=self._examples.get(system.asked_as),
            )
            for system in self.run.systems
        }
