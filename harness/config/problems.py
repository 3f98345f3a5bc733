"""What is wrong, gathered, so that a person is told all of it at once and each thing once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.errors import ConfigErrors, HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.records import Where


class Problems:
    """A list of errors that have been caught; the same text stands in it once."""

    def __init__(self) -> None:
        self.all: list[HarnessError] = []
        self._texts: set[str] = set()

    @contextmanager
    def caught(self, where: Where | None = None) -> Iterator[None]:
        """Keep the HarnessError that the block raises; ``where`` is its place if it names none."""
        try:
            yield
        except HarnessError as error:
            self.add([error], where)

    def add(self, errors: Iterable[HarnessError], where: Where | None = None) -> None:
        """Keep errors; of ConfigErrors each one by itself."""
        for error in errors:
            if isinstance(error, ConfigErrors):
                self.add(error.problems, where)
                continue
            if error.where is None:
                error.where = where
            if str(error) not in self._texts:
                self._texts.add(str(error))
                self.all.append(error)

    def raise_any(self) -> None:
        """Raise what was gathered.

        Raises:
            ConfigErrors: something was.
        """
        if self.all:
            raise ConfigErrors(self.all)
