"""The verbs of ``harness export``: what leaves a run for other tools."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from harness.cli.options import JsonOption, RunArgument, open_chosen
from harness.cli.output import say, say_json, tell

app = typer.Typer(
    help="Hand a run over to other tools: lines to fine-tune on, Parquet files.",
    epilog="Examples:  harness export parquet recipe-titles --to recipe-titles-run\n\n"
    "  harness export sft recipe-titles --variant title-style",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command(
    epilog="Examples:  harness export sft recipe-titles --variant title-style\n\n"
    "  harness export sft results/recipe-titles --variant title-style --split train --to sft.jsonl"
)
def sft(
    run: RunArgument,
    variant: Annotated[
        str, typer.Option("--variant", metavar="NAME", help="The prompt that a model is taught.")
    ],
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            help="Whose samples. Default: the first that is neither the run's nor sealed.",
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="FILE.jsonl", help="Default: SUITE-VARIANT-SPLIT.jsonl, here."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write chats with images to fine-tune on: a prompt, and a reference as the answer.

    A JSON object a line and reference, images in a folder beside the file. The split that the run
    evaluated is locked out, sealed ones always are; a dataset without splits is refused. Nothing is
    overwritten.
    """
    from harness.cli.progress import RunProgress
    from harness.pipeline.handing.fine_tuning import export_fine_tuning
    from harness.store.run_files import plain_data

    folder = open_chosen(run)
    with RunProgress(brief=True) as progress:
        written = export_fine_tuning(folder, variant, progress, split=split, to=to)
    if as_json:
        say_json(plain_data(written))
        return
    say(
        f"wrote {written.file}: {written.lines:,} lines of {written.samples:,} samples of split "
        f"{written.split}; the run evaluated {written.evaluated}, which is locked out"
    )
    say(f"images: {written.images}, {written.files:,} files")
    if written.left_out:
        tell(
            f"{written.left_out:,} samples are left out: they share an id, an image or a cluster "
            "with one that was evaluated, or are shown in the prompt"
        )


@app.command(epilog="Example:  harness export parquet recipe-titles --to recipe-titles-run")
def parquet(
    run: RunArgument,
    to: Annotated[
        Path, typer.Option("--to", metavar="FOLDER", help="Made here; nothing is overwritten.")
    ],
) -> None:
    """Write predictions, scores and samples as Parquet files that load_dataset(FOLDER) reads.

    And results, completions and systems, each a configuration of the dataset, with a card. Images
    are not copied.
    """
    from harness.parquet_folder import export_parquet

    rows = export_parquet(open_chosen(run), to)
    say(f"wrote {to}: {', '.join(f'{count:,} {name}' for name, count in rows.items())}")
