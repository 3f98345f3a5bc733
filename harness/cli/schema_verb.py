"""The verb that tells editors what files may hold: schema."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from harness.cli.output import say, say_json, tell

app = typer.Typer(rich_markup_mode=None)


@app.command(
    epilog="Examples:  harness schema                all four, for this project\n\n"
    "  harness schema suite          print this one\n\n"
    "  harness schema --to schemas   all four, to another folder"
)
def schema(
    kind: Annotated[
        str | None,
        typer.Argument(help="suite, variant, dataset or model: this one alone, printed."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="DIR",
            help="Write files to this folder. Default: .harness/schemas of the project.",
        ),
    ] = None,
) -> None:
    """Write JSON Schemas of suites, variants, datasets and models, by which editors complete.

    An editor with yaml-language-server (VS Code's YAML extension, Neovim, Helix …) completes keys
    and names, shows what they mean and marks faults, where a file's first line names its schema.
    """
    from harness.pipeline.looking.editor_schemas import (
        KINDS,
        editor_schema,
        modelines,
        schemas_folder,
        write_schemas,
    )

    if kind is not None and kind not in KINDS:
        raise typer.BadParameter(f"'{kind}' is none of {', '.join(KINDS)}")
    if kind is not None and to is None:
        say_json(editor_schema(kind))
        return
    paths = write_schemas([kind] if kind else KINDS, to or schemas_folder())
    say(*(f"wrote {path}" for path in paths.values()))
    if lines := modelines(paths):
        tell("an editor uses them where a file begins with such a line:")
        width = max(map(len, lines))
        tell(*(f"  {place:<{width}}  {line}" for place, line in lines.items()))
