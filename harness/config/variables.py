"""``vars:`` of variants and suites, and ``--set`` → values that templates see under a name."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.config.exemplars import shown
from harness.config.schema.names_chosen import LONGEST_VARIABLE, TAKEN, VARIABLE
from harness.config.selecting import selected
from harness.errors import ConfigError
from harness.nearest import nearest
from harness.yaml_source import parse_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.config.problems import Problems
    from harness.config.schema import SuiteFile
    from harness.records import Json, PromptVariant, Where
    from harness.yaml_source import YamlPath, YamlSource

_SETTING = re.compile(r"(?P<named>[^=\[]*(\[[^\]]*\])?[^=]*)=(?P<value>.*)", re.DOTALL)
_FORM = "--set VARIANT.VARIABLE=VALUE, for example --set title-style.words=5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A variable's value, set for a variant from outside its file."""

    variant: str
    """A variant, or all or some of a matrix: ``title``, ``title[tone=plain]``."""
    name: str
    value: Json
    where: Where | None
    """In suite.yaml; None: on the command line."""
    origin: str
    """What messages call it."""


def variable_problems(
    kind: str, values: Mapping[str, Json], places: Mapping[str, Where]
) -> Iterator[ConfigError]:
    """Check names and values of variables.

    Args:
        kind: what messages call one: variable, axis.
        values: by name.
        places: of each name.
    """
    for name, value in values.items():
        where = places[name]
        if not re.fullmatch(VARIABLE, name) or len(name) > LONGEST_VARIABLE:
            hint = f"letters, digits and _, a letter first, at most {LONGEST_VARIABLE}"
            yield ConfigError(f"'{name[:80]}' is no name of a {kind}", where=where, hint=hint)
        elif name in TAKEN:
            message = f"no {kind} can be called '{name}': {TAKEN[name]}"
            yield ConfigError(message, where=where)
        yield from value_problems(f"{kind} '{name}'", value, where)


def value_problems(what: str, value: Json, where: Where | None) -> Iterator[ConfigError]:
    """Check that a value is text as it will be sent: no template stands in it."""
    texts = value if isinstance(value, list) else [value]
    if any(isinstance(text, str) and _is_template(text) for text in texts):
        hint = "a value is sent as it stands: write the template itself, with {% if … == … %}"
        yield ConfigError(
            f"{what} holds a template, which would not be filled in", where=where, hint=hint
        )


def shown_otherwise(
    what: str, value: Json, source: YamlSource, path: YamlPath
) -> Iterator[ConfigError]:
    """Check that a prompt shows a number as it is written: 1.10 is 1.1, yes is true.

    Args:
        what: messages call it.
        value: of the file.
        source: the file.
        path: of the value there.
    """
    items = enumerate(value) if isinstance(value, list) else ((None, value),)
    for i, item in items:
        at = path if i is None else (*path, i)
        if at in source.written:
            shown = str(item).lower() if isinstance(item, bool) else item
            message = f"{what}: {source.written[at]} is read as {shown}"
            hint = f"put it in quotes, or write {shown}"
            yield ConfigError(message, where=source.where(at), hint=hint)


def _is_template(text: str) -> bool:
    places = ((text.find(begin), end) for begin, end in (("{{", "}}"), ("{%", "%}")))
    return any(at >= 0 and text.find(end, at) >= 0 for at, end in places)


def suite_settings(file: SuiteFile, source: YamlSource) -> list[Setting]:
    """Read ``vars:`` of a suite."""
    return [
        Setting(
            variant=variant,
            name=name,
            value=value,
            where=source.where(("vars", variant, name)),
            origin="'vars'",
        )
        for variant, values in file.vars.items()
        for name, value in values.items()
    ]


def parse_setting(text: str) -> Setting:
    """Read one ``--set``; its value is read as in YAML.

    Raises:
        ConfigError: it has not the form, or its value cannot be read.
    """
    match = _SETTING.fullmatch(text)
    if match is None:
        raise ConfigError(f"'{text[:80]}' sets nothing", hint=_FORM)
    return setting(match["named"], parse_value(match["value"]), "--set")


def setting(named: str, value: Json, origin: str = "variables") -> Setting:
    """Set a variable of a variant.

    Args:
        named: the variant's name, a dot, the variable's.
        value: a text, a number, a truth value, or a list of these.
        origin: what messages call it.

    Raises:
        ConfigError: the name has not that form, or the value is another.
    """
    variant, dot, name = named.rpartition(".")
    if not (variant and dot and name.isidentifier()):
        raise ConfigError(f"{origin}: '{named[:80]}' names no variable", hint=_FORM)
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str | int | float) for item in items):
        kinds = "a text, a number, true, false or a list of these is wanted"
        raise ConfigError(f"{origin}: {named}: {kinds}", hint=_FORM)
    return Setting(variant=variant, name=name, value=value, where=None, origin=origin)


def with_settings(
    variants: Sequence[PromptVariant], settings: Sequence[Setting], problems: Problems
) -> list[PromptVariant]:
    """Give variants with what is set for them from outside.

    Args:
        variants: all that there are.
        settings: of a suite, or of the command line; two of one variable are a problem.
        problems: takes what is wrong; such a setting is left out.
    """
    given: dict[str, dict[str, Setting]] = {variant.name: {} for variant in variants}
    for setting in settings:
        with problems.caught():
            unknown = f"{setting.origin}: no variant '{setting.variant}'"
            for variant in selected(setting.variant, variants, unknown, setting.where):
                _check(setting, variant)
                if setting.name in given[variant.name]:
                    message = f"{setting.origin}: '{setting.name}' of {variant.name} is set twice"
                    raise ConfigError(message, where=setting.where)
                given[variant.name][setting.name] = setting
    return [_with(variant, given[variant.name], problems) for variant in variants]


def _with(
    variant: PromptVariant, given: Mapping[str, Setting], problems: Problems
) -> PromptVariant:
    if not given:
        return variant
    values = {**variant.vars, **{name: setting.value for name, setting in given.items()}}
    changed = replace(variant, vars=values)
    with problems.caught():
        exemplars = variant.exemplars and shown(variant.exemplars, values, variant.where)
        return replace(changed, exemplars=exemplars)
    return variant


def _check(setting: Setting, variant: PromptVariant) -> None:
    """Refuse what a variant does not have, or what is of another kind.

    Raises:
        ConfigError: it is one of these.
    """
    what = f"{setting.origin}: '{setting.name}'"
    if setting.name in variant.axes:
        hint = f"--only '{variant.matrix}[{setting.name}=…]' chooses a level"
        message = f"{what} is an axis of the matrix '{variant.matrix}'"
        raise ConfigError(message, where=setting.where, hint=hint)
    known = [name for name in variant.vars if name not in variant.axes]
    if setting.name not in known:
        message = f"{setting.origin}: the variant '{variant.name}' has no variable '{setting.name}'"
        hint = nearest(setting.name, known) or "a variant names its variables under 'vars:'"
        raise ConfigError(message, where=setting.where, hint=hint)
    before = variant.vars[setting.name]
    if isinstance(before, list) != isinstance(setting.value, list):
        kinds = ("a list", "no list")
        was, now = kinds if isinstance(before, list) else kinds[::-1]
        message = f"{what} is {was} in the variant '{variant.name}', and {now} here"
        raise ConfigError(message, where=setting.where, hint="a list stands in brackets: [a, b]")
    for problem in value_problems(what, setting.value, setting.where):
        raise problem
