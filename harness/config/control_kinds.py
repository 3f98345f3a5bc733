"""``controls:`` of a suite → the controls of each variant, and the names by which they are chosen.

``title{blind}`` is the variant ``title`` asked without its images.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from harness.config.schema import ControlsFile
from harness.config.selecting import file_of, selected
from harness.errors import ConfigError
from harness.nearest import nearest
from harness.records import CONTROLS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from harness.config.problems import Problems
    from harness.config.schema import SuiteFile
    from harness.records import Control, PromptVariant
    from harness.yaml_source import YamlSource

_NAMED = re.compile(r"(?P<variant>.+)\{(?P<control>[^{}]*)\}", re.DOTALL)


def control_name(variant: str, control: Control) -> str:
    """Name a control: of a variant, in systems, tables and files."""
    return f"{variant}{{{control}}}"


def controls_of(
    file: SuiteFile,
    source: YamlSource,
    variants: Sequence[PromptVariant],
    lost: Collection[str],
    problems: Problems,
) -> dict[str, tuple[Control, ...]]:
    """Read which controls a suite asks of which variants.

    Args:
        file: the suite's file, which has the right shape.
        source: its lines.
        variants: of the suite.
        lost: names that it lists of variants which could not be loaded.
        problems: takes what is wrong.

    Returns:
        Variant → its controls, in the order in which they are written.
    """
    written = file.controls
    if written is None:
        return {}
    part = isinstance(written, ControlsFile)
    kinds = written.kinds if isinstance(written, ControlsFile) else written
    at = ("controls", "kinds") if part else ("controls",)
    if not kinds:
        hint = f"for example controls: [{', '.join(CONTROLS)}]; without controls leave it out"
        problems.add(
            [ConfigError("'controls' names no control", where=source.where(at), hint=hint)]
        )
    for kind, count in Counter(kinds).items():
        if count > 1:
            where = source.where((*at, len(kinds) - 1 - kinds[::-1].index(kind)))
            problems.add([ConfigError(f"'controls' names '{kind}' twice", where=where)])
    names = [variant.name for variant in variants]
    if isinstance(written, ControlsFile):
        chosen: set[str] = set()
        for i, name in enumerate(written.variants):
            if name in lost or file_of(name) in {file_of(other) for other in lost}:
                continue
            where = source.where(("controls", "variants", i))
            with problems.caught(where):
                unknown = f"'controls' names '{name}', which is no variant of the suite"
                chosen |= {variant.name for variant in selected(name, variants, unknown, where)}
        names = [name for name in names if name in chosen]
    return {name: tuple(dict.fromkeys(kinds)) for name in names if kinds}


def split_control(name: str, variants: Sequence[PromptVariant]) -> tuple[str, str | None]:
    """Take a name that may be a control's apart: ``title{blind}`` is ``title`` and ``blind``.

    A variant whose own name ends so is itself.
    """
    match = _NAMED.fullmatch(name)
    if not match or name in {variant.name for variant in variants}:
        return name, None
    return match["variant"], match["control"]


def chosen_control(
    control: str, variants: Sequence[str], controls: Mapping[str, tuple[Control, ...]], name: str
) -> dict[str, tuple[Control, ...]]:
    """Give the one control of each of some variants that is asked for by its name.

    Args:
        control: as it is typed.
        variants: which are meant.
        controls: those of the suite.
        name: all that is typed.

    Raises:
        ConfigError: a variant has no such control.
    """
    known = list(dict.fromkeys(kind for variant in variants for kind in controls.get(variant, ())))
    found = {
        variant: tuple(kind for kind in controls.get(variant, ()) if kind == control)
        for variant in variants
    }
    if not all(found.values()):
        hint = nearest(control, known) if known else "'controls:' in suite.yaml lists them"
        raise ConfigError(f"'{name}': the suite has no control '{control}' of it", hint=hint)
    return found
