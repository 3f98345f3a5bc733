"""What ``check`` found → a verdict in a line, and plain data for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.errors import HarnessError
    from harness.records import Json, Lint


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was looked at, and what was found."""

    counts: dict[str, int]
    """suite, variant, dataset → how many were looked at; a dataset that is only used counts too."""
    problems: tuple[HarnessError, ...]
    """What a run would refuse, and with ``data`` images that cannot be decoded."""
    lints: tuple[Lint, ...]
    """What is no mistake and is seldom meant, in the order of files and lines."""
    notices: tuple[str, ...]
    """What is no mistake and should be known."""
    data: bool
    """Whether all samples and images were looked at."""

    @property
    def verdict(self) -> str:
        """What was looked at and how much is wrong, in a line."""
        found = ((len(self.problems), "problem"), (len(self.lints), "warning"))
        many = ", ".join(_many(n, what) for n, what in found if n) or "nothing is wrong"
        counts = [_many(n, kind) for kind, n in self.counts.items() if n]
        if not counts:
            return f"{many}, so that no prompt and no data could be looked at"
        how = "each prompt for one sample" if self.counts["variant"] else "the first usable sample"
        how = "all samples and images" if self.data else how
        return f"{many}; looked at {', '.join(counts)} ({how})"

    def json(self) -> dict[str, Json]:
        """Give all of it as plain data."""
        return {
            "problems": [_told(problem) for problem in self.problems],
            "lints": [
                {"name": lint.name, **_told(lint), "variants": list(lint.variants)}
                for lint in self.lints
            ],
            "notices": list(self.notices),
            "looked_at": dict(self.counts),
            "data": self.data,
            "verdict": self.verdict,
        }


def _told(found: HarnessError | Lint) -> dict[str, Json]:
    where = found.where
    return {
        "file": str(where.path) if where else None,
        "line": where.line if where else None,
        "message": found.message,
        "hint": found.hint,
    }


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
