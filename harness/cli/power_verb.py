"""The verb ``power``: which difference samples can show."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from harness.cli.options import JsonOption, SplitOption, open_chosen, run_named
from harness.cli.output import say_json

app = typer.Typer(rich_markup_mode=None)


@app.command(
    epilog="Examples:  harness power results/recipe-titles --difference 0.1\n\n"
    "  harness power prompts/recipe-titles --from results/recipe-titles"
)
def power(
    path: Annotated[
        Path,
        typer.Argument(help="A run that is there; with --from the suite that is to be run."),
    ],
    earlier: Annotated[
        Path | None,
        typer.Option(
            "--from", help="An earlier run, whose noise is that to be expected.", callback=run_named
        ),
    ] = None,
    split: SplitOption = None,
    metric: Annotated[
        str | None, typer.Option("--metric", help="Default: the declared one.")
    ] = None,
    difference: Annotated[
        float | None, typer.Option("--difference", help="How many samples does it need?")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say which difference samples can show, before a run or after it."""
    from harness.cli.terminal import print_power
    from harness.config.load import load_suite
    from harness.dataset.samples import load_samples
    from harness.pipeline.looking.bare_names import named_suite
    from harness.pipeline.reading.choosing import lacks_pairs
    from harness.pipeline.reading.planning import power_of_run, power_of_suite

    if split and earlier is None:
        raise typer.BadParameter("--split goes with --from: a run that is there has its own")
    if earlier is None:
        folder = open_chosen(run_named(path) or path, lacks_pairs(metric))
        found = power_of_run(folder, metric=metric, difference=difference)
    else:
        suite = load_suite(named_suite(path))
        samples = load_samples(suite.dataset, split=split, images=False).samples
        folder = open_chosen(earlier, lacks_pairs(metric))
        found = power_of_suite(suite, samples, folder, metric=metric, difference=difference)
    if as_json:
        say_json(found.json())
    else:
        print_power(found)
