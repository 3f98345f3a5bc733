"""The exceptions a user can cause, each with a place and a hint; nothing is caught here.

HarnessError
├── ConfigError      a YAML file that says something wrong (suite, variant, dataset, preset)
├── DataError        samples or images that cannot be used as a whole
│   ├── NoSuchImage  nothing stands where an image is said to be
│   └── ImageElsewhere  a server says that an image is at another server
├── RenderError      a prompt template that fails for a sample
├── EngineError      a model that cannot be started or does not answer
├── MetricError      a metric that cannot be computed (no Java, a scorer that died)
├── StoreError       a completion store or run folder that cannot be read or written
└── TrackerError     MLflow or Weights & Biases that is not installed or does not take numbers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import Where


class HarnessError(Exception):
    """Something the user can mend; printed as ``place: message`` and a hint line."""

    def __init__(
        self, message: str, *, where: Where | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{place}{self.message}{hint}"


class ConfigError(HarnessError):
    """A YAML file says something wrong."""


class ConfigErrors(ConfigError):
    """Every problem of one or more files, and of what they name, reported together."""

    def __init__(self, problems: Sequence[HarnessError]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class DataError(HarnessError):
    """Samples or images cannot be used as a whole."""


class NoSuchImage(DataError):
    """Nothing stands where an image is said to be."""


class ImageElsewhere(DataError):
    """A server says that an image is at another one, which nobody has declared."""


class RenderError(HarnessError):
    """A prompt template fails for a sample."""


class EngineError(HarnessError):
    """A model cannot be started or does not answer.

    Args:
        key: what of its config or of its decoding is wrong: ``args.base_url``, ``temperature``.
    """

    def __init__(
        self,
        message: str,
        *,
        where: Where | None = None,
        hint: str | None = None,
        key: str | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.key = key


class MetricError(HarnessError):
    """A metric cannot be computed."""


class StoreError(HarnessError):
    """A completion store or run folder cannot be read or written."""


class TrackerError(HarnessError):
    """A tracker of experiments is not installed, or does not take numbers."""
