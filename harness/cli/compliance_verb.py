"""The verb that says whether answers are what was asked for: compliance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import JsonOption, RunArgument, open_chosen
from harness.cli.output import say, say_json, say_sentences, say_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.pipeline.reading.complying import FlaggedText, RunCompliance
    from harness.records import FlagShare

app = typer.Typer(rich_markup_mode=None)


@app.command(
    epilog="Examples:  harness compliance results/recipe-titles\n\n"
    "  harness compliance results/recipe-titles --flag preamble"
)
def compliance(
    run: RunArgument,
    flag: Annotated[
        str | None, typer.Option("--flag", help="Show the texts that have this flag.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say how often models wrote more than the bare answer, or something else."""
    from dataclasses import asdict

    from harness.pipeline.reading.complying import compliance_of_run, flagged_texts

    folder = open_chosen(run)
    if flag:
        texts = flagged_texts(folder, flag)
        if as_json:
            say_json([asdict(text) for text in texts])
        else:
            _print_texts(texts)
        return
    found = compliance_of_run(folder)
    if as_json:
        say_json(found.json())
    else:
        _print_compliance(found)


def _print_compliance(found: RunCompliance) -> None:
    """Print the flags that occur, with their shares, and the scores before and after."""
    from harness.cli.grid import Grid
    from harness.compliance import FLAGS

    grid = Grid(("system", "flag", "texts", "share", "95 % interval", "what it says"), left=2)
    seen: set[str] = set()
    for system in found.systems:
        grid.end_section()
        for flag in system.flags:
            if flag.answers:
                seen.add(flag.flag)
                share = f"{100 * flag.share:.1f} %"
                texts = f"{flag.answers:,} of {system.answers:,}"
                what = FLAGS[flag.flag]
                grid.add(system.system, flag.flag, texts, share, _interval(flag), what)
    if seen:
        grid.show()
    unseen = [flag for flag in FLAGS if flag not in seen]
    if unseen:
        say_sentences(f"in no text: {', '.join(unseen)}")
    say_sentences(*found.leakage)
    languages = ", ".join(f"{name} ({count:,})" for name, count in found.languages.items())
    if not languages:
        languages = "not told by their words"
    elif found.no_language:
        languages += f", and not told by the words of {found.no_language:,}"
    say_sentences(
        f"the references: {', '.join(found.expected.scripts)} script, language {languages}; an "
        f"answer over {found.expected.most_words} words is too long"
    )
    _print_before_and_after(found)


def _print_before_and_after(found: RunCompliance) -> None:
    from harness.cli.grid import Grid

    grid = Grid(("system", "metric", "before", "after", "difference"), left=2)
    moved = [system for system in found.systems if system.changed]
    for system in moved:
        grid.end_section()
        for metric, before in system.raw.items():
            after = system.scores.get(metric)
            shown = ("–", "–") if after is None else (f"{after:.4f}", f"{after - before:+.4f}")
            grid.add(system.system, metric, f"{before:.4f}", *shown)
    if not moved:
        say("post-processing changed no text")
        return
    say("", "scores before and after post-processing")
    grid.show()
    for system in moved:
        steps = ", ".join(f"{step} {count:,}" for step, count in system.changed_by.items())
        say_sentences(
            f"{system.system}: {system.changed:,} of {system.answers:,} texts changed ({steps})"
        )


def _print_texts(texts: Sequence[FlaggedText]) -> None:
    if not texts:
        say("no text has this flag")
    for text in texts:
        draw = f", draw {text.draw}" if text.draw else ""
        say(f"── {text.system} · sample {text.sample_id}{draw} ──", bold=True)
        say_text(text.text, "  ")
        if text.prediction != text.text:
            say("scored as:", dim=True)
            say_text(text.prediction, "  ")


def _interval(flag: FlagShare) -> str:
    if flag.interval is None:
        return f"– ({flag.no_interval})"
    low, high = (100 * end for end in flag.interval)
    return f"{low:.1f} … {high:.1f} %"
