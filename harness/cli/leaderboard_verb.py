"""The verb ``leaderboard``: many runs merged into one ranked table, and its page."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import JsonOption, run_named, written_page
from harness.cli.output import say, say_json, say_sentences

if TYPE_CHECKING:
    from harness.records import Board

app = typer.Typer(rich_markup_mode=None)


def _runs_named(named: list[Path] | None) -> list[Path]:
    return [path for each in named or () if (path := run_named(each)) is not None]


@app.command(
    epilog="Examples:\n\n"
    "  harness leaderboard                            all runs of the project\n\n"
    "  harness leaderboard recipe-titles --metric METEOR --html board.html\n\n"
    "  harness leaderboard RUN_A RUN_B --markdown > board.md"
)
def leaderboard(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RUN...]",
            help="Runs' folders, or suites' names for all of their runs. Default: results/ of the "
            "project.",
            callback=_runs_named,
        ),
    ] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", help="Rank by this one. Default: the declared one.")
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown instead of a table.")
    ] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV, with all digits and intervals.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page, too.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Rank the systems of many runs, each once, on each version of a dataset."""
    from harness.pipeline.across.leaderboard import leaderboard
    from harness.pipeline.reading.run_list import results_folder, run_folders
    from harness.report.board_page import leaderboard_page
    from harness.report.board_table import BoardTable, boards_csv

    if markdown + csv + as_json > 1:
        raise typer.BadParameter("--markdown, --csv or --json: one of them")
    folders = [folder for path in runs or [results_folder()] for folder in run_folders(path)]
    found = leaderboard(folders, metric=metric)
    if html:
        written_page(html, leaderboard_page(found), "leaderboard")
    if as_json:
        say_json(asdict(found))
    elif csv:
        say(*boards_csv(found.boards).rstrip("\n").split("\n"))
    elif markdown:
        for board in found.boards:
            say(*BoardTable(board=board).markdown().split("\n"))
    else:
        for board in found.boards:
            _print(board)
        say_sentences(*(f"passed over: {line}" for line in found.passed_over))


def _print(board: Board) -> None:
    from harness.cli.grid import Grid
    from harness.report.board_table import BoardTable

    table = BoardTable(board=board)
    say(board.dataset, bold=True)
    grid = Grid(table.header, left=2)
    for cells, reported in table.rows():
        grid.add(*cells, style="dim italic" if reported else "")
    on_terminal = grid.show()
    if not on_terminal and any(cell.best for cells, _ in table.rows() for cell in cells):
        say("* best of the column")
    say_sentences(*table.notes, "")
