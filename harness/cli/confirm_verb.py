"""The verb ``confirm``: the winner of a run on dev, asked of the sealed split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import JsonOption, RunArgument, YesOption, ask, open_chosen
from harness.cli.outcome import AllowFailuresOption, exit_by, print_result, what_it_took
from harness.cli.output import say, say_json, say_sentences, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.pipeline.asking.confirming import Confirmation, Confirmed, Forecast

_FAILS = {
    "told apart": "It does not hold",  # the baseline is the better one
    "equivalent": "It does not hold",
    "not worse": "It is not shown to hold",
    "not told apart": "It is not shown to hold",
    "cannot tell": "It cannot be told whether it holds",
}

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example:  harness confirm recipe-titles")
def confirm(
    run: RunArgument,
    split: Annotated[
        str | None, typer.Option("--split", help="A sealed one, where there are several.")
    ] = None,
    yes: YesOption = False,
    allow_failures: AllowFailuresOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ask the sealed split whether the winner of a run on dev beats the baseline.

    These two alone, with one comparison, which is declared before. What it costs is said first.
    """
    from dataclasses import asdict

    from harness.cli.progress import RunProgress
    from harness.executors.local import LocalExecutor
    from harness.executors.local_signals import stopped_at_once
    from harness.pipeline.asking.confirming import confirm as confirm_winner
    from harness.pipeline.asking.confirming import confirmation, forecast, unfit
    from harness.pipeline.reading.marking import marks_of

    confirming = confirmation(open_chosen(run, unfit), split)
    expected = forecast(confirming)
    tell(*_announced(confirming, expected))
    if not expected.seen:
        ask("Look at the sealed split now?", yes=yes, undone="nothing was asked, and no look taken")
    with stopped_at_once(), RunProgress() as progress:
        confirmed = confirm_winner(
            confirming, progress=progress, executor=LocalExecutor(signals=True, redirect=True)
        )
    outcome = confirmed.outcome
    for remark in outcome.generation.remarks:
        tell(remark)
    if as_json:
        say_json(
            {
                "holds": confirmed.holds,
                "split": confirming.split,
                "look": expected.look,
                "dev": asdict(confirmed.chosen),
                "test": asdict(confirmed.found),
                "folder": str(outcome.folder.path),
            }
        )
    else:
        marked = marks_of(outcome.folder.run(), outcome.summary, outcome.comparison)
        print_result(outcome.summary, marked)
        say_sentences("", *_said(confirmed, confirming.split))
        say("", *what_it_took(outcome), f"report: {outcome.folder.path / 'report.html'}")
    exit_by(outcome.summary, allow_failures=allow_failures)


def _announced(confirming: Confirmation, expected: Forecast) -> Iterator[str]:
    """Say what was chosen, what is going to be asked, and what it costs."""
    pair, run = confirming.chosen, confirming.run
    dev = run.dataset.split
    tried = f", the best of {dev.tried} prompts tried there" if dev and dev.tried else ""
    yield (
        f"{pair.candidate} was chosen on {dev.name if dev else 'dev'} (run {run.id}){tried}: "
        f"{pair.metric} {pair.delta:+.4f} over {pair.baseline}"
    )
    there = expected.total - expected.missing
    costs = [f"{expected.missing:,} completions to be asked for, {there:,} are there"]
    if expected.seconds is not None:
        costs.append(f"about {_duration(expected.seconds)} at the pace of that run")
    if expected.dollars is not None:
        costs.append(f"about USD {expected.dollars:.2f} at its price")
    yield f"on {confirming.split}, {expected.samples:,} samples, these two: {'; '.join(costs)}"
    again = ", which was taken before" if expected.seen else ""
    yield f"this is look {expected.look} at the sealed {confirming.split} split{again}"


def _said(confirmed: Confirmed, split: str) -> Iterator[str]:
    """Say whether it holds, and what choosing made of the difference."""
    from harness.contrast import sentence

    found, chosen = confirmed.found, confirmed.chosen
    holds = "It holds" if confirmed.holds else _FAILS[found.verdict]
    yield f"{holds} on {split}. {sentence(found)}"
    tried = f" as the best of {confirmed.tried} prompts" if (confirmed.tried or 0) > 1 else ""
    shrunk = chosen.delta - found.delta
    yield (
        f"{chosen.candidate} over {chosen.baseline} on {chosen.metric}: {chosen.delta:+.4f} where "
        f"it was chosen{tried}, {found.delta:+.4f} on {split}: "
        + (
            f"{shrunk:.4f} less, for what is chosen by its score is partly lucky there"
            if shrunk > 0
            else "nothing was lost by choosing"
        )
    )
    if confirmed.outcome.comparison:
        yield from confirmed.outcome.comparison.notes()


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1.0, seconds):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
