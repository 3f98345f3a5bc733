"""Which metric is meant: parsed once from what a person wrote, then carried as a record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.records.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """A metric with its options, as a suite's ``metrics:`` or ``--metric`` names it."""

    name: str
    """Of ours: a word such as ``cider``. Of Hugging Face's evaluate: its path or Hub id."""
    options: Mapping[str, Json] = field(default_factory=dict)
    kind: Literal["own", "evaluate"] = "own"
    """Whose it is: one of harness.metrics, or a module of Hugging Face's ``evaluate``."""

    @classmethod
    def of(cls, written: Json) -> MetricSpec:
        """Read a spec as a person writes it.

        A name; ``{name: {option: value}}``; or ``{evaluate: path or Hub id, revision: commit}``.

        Raises:
            ValueError: it is none of these.
        """
        if isinstance(written, str):
            return cls(name=written)
        if not isinstance(written, Mapping):
            raise ValueError(f"{written!r} names no metric")  # noqa: TRY004 - a value from a file
        if "evaluate" in written:
            options = {str(key): value for key, value in written.items() if key != "evaluate"}
            return cls(name=str(written["evaluate"]), options=options, kind="evaluate")
        if len(written) != 1:
            raise ValueError(
                f"a metric with options is one name and its options, not {len(written)} names"
            )
        [(name, options)] = written.items()
        if not isinstance(options, Mapping):
            fault = f"metric {name}: {options!r} is no mapping of options"
            raise ValueError(fault)  # noqa: TRY004 - a value from a file
        return cls(name=str(name), options=dict(options))

    @property
    def label(self) -> str:
        """What it is called in a run: unique where the spec is, and readable."""
        options = (
            f"{name}={json.dumps(value, sort_keys=True, ensure_ascii=False)}"
            for name, value in sorted(self.options.items())
        )
        shown = ", ".join(options)
        prefix = "evaluate:" if self.kind == "evaluate" else ""
        return f"{prefix}{self.name}({shown})" if shown else f"{prefix}{self.name}"
