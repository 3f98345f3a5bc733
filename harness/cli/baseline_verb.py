"""The verb that writes what a model's card says of a run: baseline."""

from __future__ import annotations

import os
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from harness.cli.options import RunArgument, open_chosen
from harness.cli.output import say, tell

app = typer.Typer(rich_markup_mode=None)


@app.command(
    epilog="Examples:  harness baseline recipe-titles\n\n"
    "  harness baseline results/recipe-titles --to README.md"
)
def baseline(
    run: RunArgument,
    model: Annotated[
        str | None, typer.Option("--model", help="Whose card it is, where the run has several.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE.md", help="Write it there; nothing is overwritten."),
    ] = None,
) -> None:
    """Write Markdown for a model's card: the numbers to beat, and how to have them again.

    A table with intervals, the prompts, decoding, versions, the command and signatures, and the
    model-index of Hugging Face before them.
    """
    from harness.errors import DataError
    from harness.pipeline.handing.baseline_card import baseline_card

    if to is not None and os.path.lexists(to):
        raise DataError(f"{to} is there already", hint="nothing is overwritten: name another")
    text = baseline_card(open_chosen(run), model=model)
    if to is None:
        say(*text.rstrip("\n").split("\n"))
        return
    try:
        with to.open("x", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise DataError(f"{to} cannot be written: {error.strerror}") from error
    tell(f"wrote {to}")
