"""What was looked at → every lint there is, but for those that files silence."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harness.pipeline.looking.lints.answer_in_prompt import answer_in_prompt
from harness.pipeline.looking.lints.exemplar_without_image import exemplar_without_image
from harness.pipeline.looking.lints.looked import Looked
from harness.pipeline.looking.lints.postprocess_changes_exemplar import (
    postprocess_changes_exemplar,
)
from harness.pipeline.looking.lints.same_prompt import same_prompt
from harness.pipeline.looking.lints.single_braces import single_braces
from harness.pipeline.looking.lints.text_before_image import text_before_image
from harness.pipeline.looking.lints.too_long import too_long
from harness.pipeline.looking.lints.unused_variable import unused_variable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from harness.pipeline.asking.plan import Plan
    from harness.records import Lint, LintName, Silence, Suite

    _Key = tuple[str, str, int | None]

LINTS: Mapping[LintName, Callable[[Looked], Iterable[Lint] | None]] = {
    "answer_in_prompt": answer_in_prompt,
    "exemplar_without_image": exemplar_without_image,
    "postprocess_changes_exemplar": postprocess_changes_exemplar,
    "same_prompt": same_prompt,
    "single_braces": single_braces,
    "text_before_image": text_before_image,
    "too_long": too_long,
    "unused_variable": unused_variable,
}
"""Name → what looks for it; it gives None where that cannot be looked for here."""
SAID_BY_RUNS: frozenset[LintName] = frozenset({"answer_in_prompt"})
"""Of what stands under a run's table."""


@dataclass(slots=True)
class Linter:
    """Looks for lints in one suite after the other, and knows which silences were of use."""

    lints: list[Lint] = field(default_factory=list)
    """What was found and is not silenced."""
    _useful: set[_Key] = field(default_factory=set)
    _idle: dict[_Key, Silence] = field(default_factory=dict)

    def look(self, looked: Looked, *, whole: bool, but: Collection[LintName] = ()) -> None:
        """Look for every lint.

        Args:
            looked: of one suite.
            whole: whether all of it was looked at and nothing was wrong, so that a silence which
                silences nothing is of no use.
            but: those that are not looked for.
        """
        suite = looked.plan.suite
        own = {r.variant.name: _real(looked.file(r.variant)) for r in looked.renderers}
        silences = dict.fromkeys(s for r in looked.renderers for s in r.variant.silence)
        for name in (name for name in LINTS if name not in but):
            named = [s for s in silences if s.name == name]
            of_suite = [s for s in suite.silence if s.name == name]
            files = {_real(s.where.path): s for s in named}
            found = LINTS[name](looked)
            for lint in found or ():
                told = {own[variant] for variant in lint.variants}
                place = _real(lint.where.path) if lint.where else ""
                heard = [files[place]] if place in files else []
                if told and told <= files.keys():
                    heard += [files[file] for file in told]
                heard += of_suite
                self._useful |= {_key(s) for s in heard}
                if not heard:
                    self.lints.append(lint)
            if whole and found is not None:
                mine = [s for s in named if _real(s.where.path) in own.values()]
                self._idle |= {_key(s): s for s in (*mine, *of_suite)}

    def sorted(self) -> tuple[Lint, ...]:
        """Give what was found, each once, in the order of files and lines."""
        once = {str(lint): lint for lint in self.lints}
        return tuple(sorted(once.values(), key=_place))

    def idle(self) -> Iterator[str]:
        """Say which silences silence nothing."""
        for key, silence in self._idle.items():
            if key not in self._useful:
                yield f"{silence.where}: 'silence' names {silence.name}, and silences none"


def lints_of_run(plan: Plan, suite: Suite) -> tuple[Lint, ...]:
    """Look for the lints of what is about to be run, but for those that a run says by itself.

    Prompts are looked at for the first sample.

    Args:
        plan: what is asked.
        suite: as it is written, of which that may be a part.
    """
    first = replace(plan, dataset=replace(plan.dataset, samples=tuple(plan.samples[:1])))
    linter = Linter()
    looked = Looked(plan=first, whole=plan, beside=suite.variants)
    linter.look(looked, whole=False, but=SAID_BY_RUNS)
    return linter.sorted()


def _place(lint: Lint) -> tuple[str, int]:
    return (str(lint.where.path), lint.where.line or 0) if lint.where else ("", 0)


def _key(silence: Silence) -> _Key:
    return silence.name, _real(silence.where.path), silence.where.line


def _real(path: Path) -> str:
    """Give the one name of a file."""
    return os.path.realpath(path)
