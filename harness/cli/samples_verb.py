"""The verb that shows single samples with what every system said of them: samples."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer
from rich.cells import cell_len

from harness.cli.options import JsonOption, RunArgument, open_chosen
from harness.cli.output import on_terminal, say, say_json, say_pieces, say_sentences, screen_width
from harness.report.escape import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.report.sample_table import Said, SampleTable

app = typer.Typer(rich_markup_mode=None)

MATCHED = "bold green"
_NAMES = 30
"""Columns for the names of systems, at most."""


@app.command(
    epilog="Examples:  harness samples results/recipe-titles --largest title-style baseline\n\n"
    "  harness samples recipe-titles --id d001 --id d002 --to paper"
)
def samples(
    run: RunArgument,
    ids: Annotated[
        list[str] | None, typer.Option("--id", help="This sample; may be repeated.")
    ] = None,
    largest: Annotated[
        tuple[str, str] | None,
        typer.Option("--largest", metavar="A B", help="Those on which two systems differ most."),
    ] = None,
    random: Annotated[bool, typer.Option("--random", help="Drawn by --seed. The default.")] = False,
    count: Annotated[int, typer.Option("--count", min=1, help="How many are shown.")] = 5,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of what is drawn.")] = 0,
    system: Annotated[
        list[str] | None,
        typer.Option("--system", help="A column; may be repeated. Default: all but controls."),
    ] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", help="Of single samples. Default: the declared one.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Write samples.md, .tex and .html with pictures there."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show samples with what each system said: by id, by largest difference or at random."""
    from dataclasses import asdict

    from harness.pipeline.reading.sample_choice import Wanted, sample_table, write_samples

    if (ids is not None) + (largest is not None) + random > 1:
        raise typer.BadParameter("give one of --id, --largest and --random")
    table = sample_table(
        open_chosen(run),
        Wanted(ids=tuple(ids or ()), between=largest, count=count, seed=seed),
        systems=system or (),
        metric=metric,
        pictures=to is not None,
    )
    if to is not None:
        written = write_samples(table, to)
    if as_json:
        rows = [{**asdict(row), "pictures": [p.name for p in row.pictures]} for row in table.rows]
        say_json({**asdict(table), "rows": rows})
    elif to is None:
        _print(table)
    else:
        say(*(f"wrote {path}" for path in written))


def _print(table: SampleTable) -> None:
    """Print each sample with its references and answers below each other."""
    marked = on_terminal()
    words = "; bold: words of the reference" if marked else ""
    say_sentences(f"{table.chosen}{words}", dim=True)
    width = min(_NAMES, max(map(cell_len, ("reference", *map(visible, table.systems)))))
    for row in table.rows:
        say("")
        say(row.id, bold=True)
        for reference in row.references or ("–",):
            _print_cell("reference", width, [(visible(reference), "")])
        for system, said in zip(table.systems, row.answers, strict=True):
            score = None if said.score is None else f"{table.metric} {said.score:.2f}"
            _print_cell(visible(system), width, list(_pieces(said)), score)
    say(*([""] if table.notes else []), *table.notes, dim=True)


def _pieces(said: Said) -> Iterator[tuple[str, str]]:
    if said.reason is not None:
        yield f"no answer: {visible(said.reason)}", "dim"
    elif not said.pieces:
        yield "(empty)", "dim"
    for piece in said.pieces:
        yield visible(piece.text), MATCHED if piece.matched else ""


def _print_cell(
    name: str, width: int, pieces: list[tuple[str, str]], score: str | None = None
) -> None:
    """Print a name and behind it a text, whose further lines stand below its first one."""
    room = max(20, screen_width() - width - 4) if on_terminal() else None
    named = name
    if cell_len(name) > width:
        say_pieces((f"  {name}", "dim"))
        named = ""
    if score:
        pieces = [*pieces, (f"  {score}", "dim")]
    lines = [pieces] if room is None else list(_folded(pieces, room))
    for i, line in enumerate(lines):
        label = named if i == 0 else ""
        say_pieces((f"  {label}{' ' * (width - cell_len(label))}  ", "dim"), *line)


def _folded(pieces: list[tuple[str, str]], width: int) -> Iterator[list[tuple[str, str]]]:
    """Break a text of several styles between its words; a word stays whole."""
    line: list[tuple[str, str]] = []
    size = 0
    for word in _words(pieces):
        own = sum(cell_len(text) for text, _ in word)
        if line and size + 1 + own > width:
            yield line
            line, size = [], 0
        if line:
            line.append((" ", ""))
        line += word
        size += own + (size > 0)
    yield line


def _words(pieces: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Give what stands between spaces: parts of a text, each with its style."""
    word: list[tuple[str, str]] = []
    for text, style in pieces:
        for i, part in enumerate(text.split(" ")):
            if i and word:
                yield word
                word = []
            if part:
                word.append((part, style))
    if word:
        yield word
