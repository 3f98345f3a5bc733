"""The verbs of ``harness data``: what a dataset holds, before anything is asked about it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import JsonOption, OutOption, SplitOption, share_or_count
from harness.cli.output import say, say_json, tell
from harness.counted import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.pipeline.looking.data_check import DataChecked
    from harness.records import Dropped

app = typer.Typer(
    help="Look into a dataset before a model is asked about it.",
    epilog="Example:  harness data check recipes-demo",
    no_args_is_help=True,
    rich_markup_mode=None,
)

DatasetArgument = Annotated[
    str, typer.Argument(help="Its name under datasets/, or the path of its YAML file.")
]


@app.callback()
def _group() -> None:
    """Without it a group of one verb would be that verb."""


@app.command(
    epilog="Examples:  harness data check recipes-demo\n\n"
    "  harness data check datasets/mine.yaml --max-dropped 5% --to dropped.csv"
)
def check(
    dataset: DatasetArgument,
    split: SplitOption = None,
    max_dropped: Annotated[
        str | None,
        typer.Option(
            "--max-dropped",
            metavar="N|P%",
            help="Exit with 1 where more rows are left out than this.",
            callback=share_or_count,
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE.csv", help="Write every row that is left out, and why."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what of a dataset is used, and what is left out and why.

    And what was mended, and what looks wrong though it is kept. Every row and every image is read;
    what pictures show is not looked at. It ends with 1, too, where a row would end a run.
    """
    from harness.cli.progress import RunProgress
    from harness.pipeline.looking.data_check import check_data, write_csv

    with RunProgress(brief=True) as progress:
        checked = check_data(dataset, progress, split=split, to=to)
    if as_json:
        say_json(checked.json())
    else:
        say(*_lines(checked))
    if checked.sealed:
        tell(f"note: {checked.sealed}")
    if to is not None:
        write_csv(checked, to)
        tell(f"wrote {to}")
    too_many = max_dropped is not None and checked.drops_more_than(max_dropped)
    left = len(checked.dropped)
    if too_many:
        are = "is" if left == 1 else "are"
        tell(f"error: {counted(left, 'row')} {are} left out, more than {max_dropped}")
    if checked.ending:
        tell(
            f"error: {counted(len(checked.ending), 'row')} would end a run: "
            "'clean:' does not list why"
        )
    if too_many or checked.ending:
        raise typer.Exit(1)


@app.command(
    epilog="Examples:  harness data card recipes-demo\n\n"
    "  harness data card datasets/mine.yaml --to card.html --samples 60"
)
def card(
    dataset: DatasetArgument,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE.html", help="Default: DATASET-card.html, here."),
    ] = None,
    samples: Annotated[int, typer.Option("--samples", min=1, help="How many to show.")] = 24,
    seed: Annotated[int, typer.Option("--seed", help="By which they are drawn.")] = 0,
    split: SplitOption = None,
) -> None:
    """Write one HTML page with pictures that says what a dataset holds.

    Samples drawn by chance, lengths and words of references, sizes of images, what is repeated,
    left out and looks wrong. The page loads nothing, so that it can be passed on as it is.
    """
    from harness.cli.progress import RunProgress
    from harness.pipeline.looking.data_card import write_card
    from harness.report.word_cloud import INSTALL, can_draw

    with RunProgress(brief=True) as progress:
        written = write_card(dataset, to, progress, samples=samples, seed=seed, split=split)
    say(f"wrote {written.path}")
    if written.sealed:
        tell(f"note: {written.sealed}")
    if not can_draw():
        tell(f"it has no cloud of words: the package wordcloud is not installed ({INSTALL})")


@app.command(
    epilog="Examples:  harness data split recipes-demo\n\n"
    "  harness data split datasets/mine.yaml --splits dev=0.4,test=0.6 --seal test --by cook"
)
def split(
    dataset: DatasetArgument,
    splits: Annotated[
        str | None,
        typer.Option(
            "--splits",
            metavar="NAME=SHARE,…",
            help="Show these. Default: those that it declares; else dev=0.5,test=0.5, test sealed.",
        ),
    ] = None,
    seal: Annotated[
        list[str] | None,
        typer.Option("--seal", metavar="NAME", help="One that is sealed; may be repeated."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="FIELD", help="Keep rows with the same value together."),
    ] = None,
    near_duplicates: Annotated[
        bool,
        typer.Option(
            "--near-duplicates/--no-near-duplicates",
            help="Look for images on both sides that look alike; each is decoded once.",
        ),
    ] = True,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FOLDER", help="Write DATASET.splits.csv there: id, split."),
    ] = None,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Say how a dataset is divided, or would be, and what stands on both sides.

    Of each split its rows, samples and units, how often it was looked at if it is sealed, and how
    many prompts were tried on it if not. Where splits are only proposed, it prints the lines of
    YAML that make them. It shows no answers, so that it is no look, and changes no description.
    """
    from harness.cli.progress import RunProgress
    from harness.cli.split_text import show_split
    from harness.pipeline.looking.data_split import split_data, write_ids

    with RunProgress(brief=True) as progress:
        divided = split_data(
            dataset,
            progress,
            splits=splits,
            sealed=seal or (),
            by=by,
            looking=near_duplicates,
            out=out,
        )
    if as_json:
        say_json(divided.json())
    else:
        show_split(divided)
    if to is not None:
        tell(f"wrote {write_ids(divided, to)}")


@app.command(epilog="Example:  harness data convert recipes-demo --to recipes-copy")
def convert(
    dataset: DatasetArgument,
    to: Annotated[
        Path, typer.Option("--to", metavar="FOLDER", help="Made here; nothing is overwritten.")
    ],
) -> None:
    """Write the samples of a dataset as one of its own: Parquet, images, a description.

    The rows that a run uses, of each split those that a run on it uses, with their ids, references,
    metadata and split; images are copied byte for byte. All is read again before the folder gets
    its name.
    """
    from harness.cli.progress import RunProgress
    from harness.pipeline.looking.data_convert import convert_data

    with RunProgress(brief=True) as progress:
        written = convert_data(dataset, to, progress)
    of = ", ".join(f"{count:,} {name}" for name, count in written.splits.items())
    say(
        f"wrote {written.description}: {counted(written.samples, 'sample')}{of and f' ({of})'}, "
        f"{counted(written.images, 'image')}; "
        f"{counted(written.left_out, 'row')} {'is' if written.left_out == 1 else 'are'} left out"
    )
    if written.table == "jsonl":
        tell("the table is JSON lines: Parquet would not give the metadata back as they are")


def _lines(checked: DataChecked) -> Iterator[str]:
    from harness.dataset.choosing_rows import chosen_text

    yield f"{checked.dataset}: {counted(checked.rows, 'row')}, {counted(checked.kept, 'sample')}"
    if said := chosen_text(checked.chosen):
        yield said
    dropped = len(checked.dropped)
    left_out = f"left out: {counted(dropped, 'row')} ({dropped / checked.rows:.1%})"
    ending = f"would end a run: {counted(len(checked.ending), 'row')}"
    notes = [f"  {note}" for note in checked.notes]
    for title, lines in (
        (left_out, _rows(checked, checked.dropped)),
        (ending, _rows(checked, checked.ending)),
        ("mended:", _mended(checked)),
        ("kept, and looks wrong:", _suspicious(checked)),
        ("to be known:", notes),
    ):
        if told := list(lines):
            yield from ("", title, *told)
    if not checked.dropped and not checked.ending:
        yield "nothing is left out"


def _rows(checked: DataChecked, rows: Sequence[Dropped]) -> Iterator[str]:
    for reason in checked.reasons(rows):
        yield f"  {reason.rows:,} {reason.reason}"
        for row in reason.examples:
            name = f" '{row.id}'" if row.id else ""
            yield f"      {checked.counted} {row.row}{name}: {row.detail}"
        if reason.rows > len(reason.examples):
            yield "      …"


def _mended(checked: DataChecked) -> Iterator[str]:
    for each in checked.mended:
        many = "1 reference" if each.references == 1 else f"{each.references:,} references"
        yield f"  {many} by {each.step}"
        if each.references:
            yield f"      '{each.first}': {each.before!r} became {each.after!r}"


def _suspicious(checked: DataChecked) -> Iterator[str]:
    for odd in checked.suspicious:
        yield f"  {odd.what}: {odd.count:,}"
        yield from (f"      {example}" for example in odd.examples)
