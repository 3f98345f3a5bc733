"""The name of a step, as a variant writes it → what it does to a text.

A step is a word (``first_line``), a word with an argument (``json:title``), or a word that a
package adds (``harness.additions``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from harness.additions import Addition, additions
from harness.errors import ConfigError
from harness.nearest import nearest
from harness.postprocess import steps, wording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.records import Where

    Step: TypeAlias = Callable[[str], str | None]
    """None: the step does not find what it looks for, and does not apply."""

STEPS: Mapping[str, Callable[[str], str]] = {
    step.__name__: step
    for step in (
        steps.strip,
        steps.collapse_spaces,
        wording.unescape_html,
        wording.normalise_unicode,
        steps.strip_reasoning,
        steps.strip_preamble,
        steps.first_line,
        steps.last_line,
        steps.strip_markdown,
        steps.strip_quotes,
        steps.strip_final_period,
        wording.lowercase,
        wording.titlecase,
    )
}
"""Name in a variant's ``postprocess:`` → the step; in the order that suits most answers."""

TRIED = tuple(letters * (1000 // len(letters)) + "!" for letters in ("a", "a ", "1"))
"""Texts on which an expression that would hang is found out."""
MOST_WORDS = 10**9 - 1
ANSWER = "answer"
"""The group of a regular expression that is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _WithArgument:
    """A step that is written with an argument, ``name:argument``."""

    shown: str
    """What stands for the argument in lists."""
    form: str
    """What every argument matches whole: a pattern of JavaScript and Python alike, for editors."""
    numbers: Mapping[str, int] | None
    """The least and the most of a whole number that is one, as JSON Schema has them; None: none is.
    """
    make: Callable[[str], Step]
    """Argument → step; raises ValueError where it is none."""


def _field(name: str) -> Step:
    if not name:
        raise ValueError("the name of a field is missing")
    return lambda text: steps.json_field(text, name)


def _truncation(most: str) -> Step:
    if not most.isascii() or not most.isdigit() or not 0 < int(most[:10]) <= MOST_WORDS:
        raise ValueError(f"'{most:.40}' is no number of words")
    words = int(most)
    return lambda text: wording.truncate_words(text, words)


def _answer_of(source: str) -> Step:
    from harness.answer_form import pattern_fault  # loads a checker of schemas: few need it
    from harness.bounded_schema import CHECK_SECONDS, pattern

    if fault := pattern_fault(source):
        raise ValueError(fault)
    compiled = pattern(source)
    if ANSWER not in compiled.groupindex:
        raise ValueError(f"no group is named {ANSWER}; write (?P<{ANSWER}>…) around what is meant")

    def answer(text: str) -> str | None:
        found = compiled.search(text, timeout=CHECK_SECONDS)
        group: str | None = found[ANSWER] if found else None
        return group

    return answer


WITH_ARGUMENT: Mapping[str, _WithArgument] = {
    "json": _WithArgument(shown="NAME", form=r"[\s\S]+", numbers={}, make=_field),
    "regex": _WithArgument(
        shown="PATTERN", form=rf"[\s\S]*\(\?P?<{ANSWER}>[\s\S]*", numbers=None, make=_answer_of
    ),
    "truncate_words": _WithArgument(
        shown="N",
        form="0*[1-9][0-9]*",
        numbers={"minimum": 1, "maximum": MOST_WORDS},
        make=_truncation,
    ),
}
"""Name → a step that needs an argument."""


def added_steps() -> Mapping[str, Addition]:
    """Give the steps that packages add.

    Raises:
        ConfigError: two steps have one name.
    """
    return additions("step", {*STEPS, *WITH_ARGUMENT})


def step_forms() -> list[str]:
    """List the steps of this program, those with an argument as they are written."""
    return [*STEPS, *(f"{name}:{step.shown}" for name, step in WITH_ARGUMENT.items())]


@lru_cache(maxsize=256)
def named_step(written: str) -> Step:
    """Find a step; what a package adds is imported.

    Raises:
        ConfigError: no step has this name, its argument is none, or it cannot be imported.
    """
    if written in STEPS:
        return STEPS[written]
    name, colon, argument = written.partition(":")
    if known := WITH_ARGUMENT.get(name):
        try:
            return known.make(argument)
        except ValueError as error:
            example = f"it is written '{name}:{known.shown}'"
            fault = f"step '{name}': {error}" if colon else f"step '{name}' needs an argument"
            raise ConfigError(fault, hint=example) from None
    added = added_steps()
    if written in added:
        return _guarded(added[written])
    hint = nearest(written, (*step_forms(), *added))
    raise ConfigError(f"no post-processing step is named '{written:.60}'", hint=hint)


def step_mark(written: str) -> str:
    """Name a step in a signature: one that a package adds with the package and its version."""
    if written in STEPS or written.partition(":")[0] in WITH_ARGUMENT:
        return written
    found = added_steps().get(written)
    return f"{written}({found.mark})" if found else written


def check_steps(names: Sequence[str], where: Where | None = None) -> None:
    """Refuse steps that do not exist.

    Raises:
        ConfigError: the first that does not, with a name that looks like it.
    """
    for name in names:
        try:
            named_step(name)
        except ConfigError as error:
            raise ConfigError(error.message, where=error.where or where, hint=error.hint) from error


def check_pace(written: str, where: Where | None = None) -> None:
    """Refuse a regular expression that would hang, before answers are there to show it.

    Args:
        written: a step that exists.
        where: its place.

    Raises:
        ConfigError: it takes too long on a text of a thousand letters.
    """
    if written.startswith("regex:") and (text := _hangs_on(written)):
        message = f"step 'regex' takes too long on a text of {len(text):,} letters, '{text[:6]}…'"
        hint = "a repetition within a repetition tries each way to part the text: write one alone"
        raise ConfigError(message, where=where, hint=hint)


@lru_cache(maxsize=256)
def _hangs_on(written: str) -> str | None:
    step = named_step(written)
    for text in TRIED:
        try:
            step(text)
        except TimeoutError:
            return text
    return None


def _guarded(added: Addition) -> Step:
    """Give a package's step so that what is wrong with it is said with the package's name."""
    step = added.load()
    whose = f"the step '{added.name}' of the package {added.label}"
    if not callable(step):
        raise ConfigError(f"{whose} is no function", hint="text → text, or None")

    def run(text: str) -> str | None:
        try:
            after = step(text)
        except Exception as error:  # its code is not ours
            raise ConfigError(
                f"{whose} failed on an answer ({type(error).__name__}: {error})",
                hint="a step takes any text; mend it, or take it out of 'postprocess:'",
            ) from error
        if after is not None and not isinstance(after, str):
            raise ConfigError(f"{whose} gave {type(after).__name__}, no text")
        return after

    return run
