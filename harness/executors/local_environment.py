"""Environment variables that an engine cannot do without: set while it lives, taken back after."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class BorrowedEnvironment:
    """``os.environ`` with a few more variables, between lend() and give_back().

    What the engine itself sets until settle() is taken back too; what anybody sets later stays.

    Args:
        unless_set: name → value, where the user's environment says nothing.
        always: name → value, whatever it says.
    """

    def __init__(self, unless_set: Mapping[str, str], always: Mapping[str, str]) -> None:
        self._unless_set = unless_set
        self._always = always
        self._before: dict[str, str] = {}
        self._changed: dict[str, str | None] | None = None
        """Name → value as the engine left it, None where it removed it; None before settle()."""

    def lend(self) -> None:
        """Set the variables."""
        self._before = dict(os.environ)
        for name, value in self._unless_set.items():
            os.environ.setdefault(name, value)
        os.environ.update(self._always)

    def settle(self) -> None:
        """Take what differs by now for the engine's doing; only the first call counts."""
        if self._changed is None:
            now = dict(os.environ)
            names = self._before.keys() | now.keys()
            self._changed = {
                name: now.get(name) for name in names if now.get(name) != self._before.get(name)
            }

    def give_back(self) -> None:
        """Restore what the engine changed and nobody has changed since."""
        self.settle()
        for name, value in (self._changed or {}).items():
            if os.environ.get(name) != value:
                continue
            if name in self._before:
                os.environ[name] = self._before[name]
            else:
                os.environ.pop(name, None)
