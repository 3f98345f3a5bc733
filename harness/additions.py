"""Entry points of installed packages → what they add: steps, metrics, engines, dataset sources.

A package names what it adds in its own metadata, under one of ``GROUPS``. Names are known without
an import; what is behind one is imported when it is first used. It is code, and runs as this
program does: whoever installs a package trusts it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from harness.errors import ConfigError
from harness.fingerprint import sha256_file, sha256_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Kind: TypeAlias = Literal["step", "metric", "engine", "source"]

GROUPS: Mapping[Kind, str] = MappingProxyType(
    {
        "step": "prompt_harness.steps",
        "metric": "prompt_harness.metrics",
        "engine": "prompt_harness.engines",
        "source": "prompt_harness.sources",
    }
)
"""Kind → the group of entry points that adds to it."""

OWN = "prompt-harness"
_NAME = re.compile(r"[A-Za-z][\w.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """One thing that a package adds."""

    kind: Kind
    name: str
    """As a suite writes it."""
    package: str
    version: str
    value: str
    """Where it is: ``module:attribute``, or a module."""

    @property
    def label(self) -> str:
        """How messages name the package: ``dish-extras 1.2``."""
        return f"{self.package} {self.version}"

    @property
    def mark(self) -> str:
        """How a signature names the package: ``dish-extras-1.2``."""
        return f"{self.package}-{self.version}"

    def load(self) -> Any:
        """Import it.

        Raises:
            ConfigError: it cannot be; names the package.
        """
        return _loaded(self)

    def code_sha256(self) -> str | None:
        """Hash the Python files of the module that it is in; None where there are none to read.

        A package that is being worked on changes while its version stays.
        """
        top = self.value.partition(":")[0].partition(".")[0]
        try:
            spec = find_spec(top)
        except (ImportError, ValueError):
            return None
        if spec is None or spec.origin is None:
            return None
        origin = Path(spec.origin)
        if spec.submodule_search_locations:
            return sha256_folder(origin.parent, "*.py")
        return sha256_file(origin) if origin.is_file() else None


def additions(kind: Kind, own: Collection[str]) -> Mapping[str, Addition]:
    """Give what packages add to one of the tables, by name.

    Args:
        kind: which.
        own: the names that this program has.

    Raises:
        ConfigError: a name is no name, is one of ours, or is added by two packages.
    """
    found: dict[str, Addition] = {}
    for each in _entries(kind):
        remedy = "uninstall one of them, or have it renamed: nobody could tell which one is meant"
        if not _NAME.fullmatch(each.name):
            raise ConfigError(
                f"the package {each.label} adds a {kind} '{each.name:.60}', which is no name",
                hint="letters, digits, _ . and - are; the first is a letter",
            )
        if each.name in own:
            raise ConfigError(
                f"the package {each.label} adds a {kind} '{each.name}', and {OWN} has one of that "
                "name",
                hint=remedy,
            )
        if before := found.get(each.name):
            raise ConfigError(
                f"the packages {before.label} and {each.label} both add a {kind} '{each.name}'",
                hint=remedy,
            )
        found[each.name] = each
    return found


@cache
def _entries(kind: Kind) -> tuple[Addition, ...]:
    """Read the metadata of installed packages once: it takes some milliseconds."""
    found = [
        Addition(
            kind=kind,
            name=entry.name,
            package=entry.dist.name if entry.dist else "of no name",
            version=entry.dist.version if entry.dist else "unknown",
            value=entry.value,
        )
        for entry in entry_points(group=GROUPS[kind])
    ]
    return tuple(sorted(found, key=lambda each: (each.name, each.package)))


@cache
def _loaded(addition: Addition) -> Any:
    (entry,) = entry_points(group=GROUPS[addition.kind], name=addition.name, value=addition.value)
    try:
        return entry.load()
    except Exception as error:  # whatever a stranger's module does when it is imported
        raise ConfigError(
            f"the {addition.kind} '{addition.name}' of the package {addition.label} cannot be "
            f"imported ({type(error).__name__}: {error})",
            hint=f"mend or uninstall {addition.package}",
        ) from error
