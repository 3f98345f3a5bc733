"""The verb ``effects``: what each choice of a matrix does, as a table, JSON and a picture."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import JsonOption, RunArgument, open_chosen
from harness.cli.output import say_json, say_sentences, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.pipeline.reading.effects import RunEffects
    from harness.records import Effect

app = typer.Typer(rich_markup_mode=None)


@app.command(
    epilog="Examples:  harness effects results/titles --metric METEOR\n\n"
    "  harness effects titles --picture effects.svg"
)
def effects(
    run: RunArgument,
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric", help="Show this one alone. Default: all; sentences on the declared."
        ),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw what is shown into this SVG file, too.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what each choice of a matrix does: main effects, interactions, wording."""
    from dataclasses import replace

    from harness.pipeline.reading.choosing import lacks_pairs
    from harness.pipeline.reading.effects import effects_of_run, write_picture

    found = effects_of_run(open_chosen(run, lacks_pairs(metric)), metric=metric)
    if metric:
        found = replace(found, effects=found.of(metric))
    if picture:
        write_picture(found, picture)
        tell(f"picture: {picture}")
    if as_json:
        say_json(found.json())
    else:
        print_effects(found)


def print_effects(found: RunEffects) -> None:
    """Print every effect on every metric, how they were tested, and what may be said."""
    from harness.cli.grid import Grid
    from harness.contrast import averaged_text, levels_text, p_value_text, signed

    grid = Grid(
        ("metric", "of", "levels", "over", "effect", "95 % interval", "p", "verdict", "n"),
        left=3, names=3,
    )  # fmt: skip
    before: Effect | None = None
    for effect in found.effects:
        if before and _section(before) != _section(effect):
            grid.end_section()
        before = effect
        low, high = effect.interval or (0.0, 0.0)
        grid.add(
            effect.metric,
            _of(effect, named=len(found.designs) > 1),
            levels_text(effect),
            averaged_text(effect),
            signed(effect.estimate),
            f"{signed(low)} … {signed(high)}" if effect.interval else "–",
            p_value_text(effect.p_value),
            effect.verdict,
            str(effect.n_paired)
            if effect.n_paired == effect.units
            else f"{effect.n_paired} in {effect.units}",
        )
    grid.show()
    say_sentences(*found.leakage)
    say_sentences(*_notes(found.effects))
    for line in found.not_told:
        say_sentences(f"not to be told: {line}")
    say_sentences(*found.sentences())
    if found.effects:
        say_sentences(
            f"({found.effects[0].exchanges} exchanges of answers, seed {found.effects[0].seed})"
        )


def _section(effect: Effect) -> tuple[str, bool, str | None]:
    return effect.metric, effect.wording, effect.model


def _of(effect: Effect, *, named: bool) -> str:
    """Name the axes, and what else tells this effect from others."""
    matrix = f"{effect.matrix} " if named else ""
    wording = "wording: " if effect.wording else ""
    model = f" with {effect.model}" if effect.model else ""
    return f"{matrix}{wording}{' × '.join(effect.axes)}{model}"


def _notes(effects: Sequence[Effect]) -> list[str]:
    """Say what the columns mean, as far as there is anything of it to see."""
    notes = [
        "effect: the level's mean score minus that of the axis' first level, averaged evenly over "
        "as many combinations of all other choices"
    ]
    if any(effect.interaction for effect in effects):
        notes.append("×: how much the first axis does more at the second's level than at its first")
    if any(effect.combinations < effect.possible for effect in effects):
        notes.append("3 of 4: the other combinations lack a level that the effect takes")
    if any(effect.wording for effect in effects):
        notes.append("wording: of axes whose levels are to mean the same; others are averaged over")
    reasons: dict[str, set[str]] = {}
    for effect in effects:
        if effect.reason:
            reasons.setdefault(effect.metric, set()).add(effect.reason)
    notes += [
        f"cannot tell of {metric}: {'; '.join(sorted(some))}" for metric, some in reasons.items()
    ]
    families = sorted({effect.family for effect in effects if effect.family})
    if families:
        tests = " or ".join(map(str, families))
        notes.append(
            "exploratory: no effect is declared before the answers are there; intervals and "
            f"p-values allow for all {tests} effects that were tested together"
        )
    return notes
