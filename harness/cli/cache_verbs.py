"""The verbs of ``harness cache``: what the completion store holds, and why a model was asked."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    JsonOption,
    OutOption,
    YesOption,
    ask,
    decoding_text,
    run_named,
    size,
)
from harness.cli.output import say, say_json, say_text, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.pipeline.keeping.store_contents import Unneeded
    from harness.pipeline.keeping.transfer import Imported
    from harness.pipeline.reading.why import Difference, Only, Why

app = typer.Typer(
    help="Look into the store of completions, and say why a model was asked again.\n\n"
    "Each verb takes --json; all but why take --out RESULTS. Prune asks first: --yes, --dry-run.",
    epilog="Example:  harness cache why RUN_A RUN_B --variant title-style",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SHOWN = 10
"""Differences that are printed; --json has all."""
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")
]


@app.command("ls", epilog="Example:  harness cache ls")
def list_contents(out: OutOption = None, as_json: JsonOption = False) -> None:
    """Say what the store holds, by model and decoding."""
    from dataclasses import asdict

    from harness.cli.terminal import print_groups
    from harness.pipeline.keeping.store_contents import contents

    path = _store(out)
    stored = contents(path)
    if as_json:
        say_json({**asdict(stored), "path": str(path)} if stored else {"path": str(path)})
        return
    if stored is None:
        tell(_no_store(path))
        return
    say(f"{path}: {stored.completions:,} completions, {size(stored.bytes)}, schema {stored.schema}")
    print_groups(stored.groups)
    say(f"{stored.failures:,} failures; the next run that needs them asks again")
    for reason, count in list(stored.reasons.items())[:SHOWN]:
        say(f"  {count:,} × {reason}")


@app.command("why", epilog="Example:  harness cache why RUN_A RUN_B --variant title-style")
def say_why(
    first: Annotated[
        Path, typer.Argument(metavar="RUN_A", help="The run before.", callback=run_named)
    ],
    second: Annotated[
        Path, typer.Argument(metavar="RUN_B", help="The run after.", callback=run_named)
    ],
    variant: Annotated[
        str | None, typer.Option("--variant", "--only", help="Only this variant's completions.")
    ] = None,
    sample: Annotated[
        str | None, typer.Option("--sample", help="Only this sample's, by its id.")
    ] = None,
    system: Annotated[str | None, typer.Option("--system", help="Only this system's.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say which ingredients of two runs' completions differ."""
    from harness.pipeline.reading.why import Choice, why
    from harness.store.run_folder import RunFolder

    runs = RunFolder.find(first), RunFolder.find(second)
    comparison = why(*runs, Choice(variant=variant, sample=sample, system=system))
    names = [str(run.path) for run in runs]
    if as_json:
        say_json({"first": names[0], "second": names[1], **comparison.json()})
        return
    _print_why(comparison)
    for name, only in zip(names, comparison.only, strict=True):
        _print_only(name, only)


@app.command("prune", epilog="Example:  harness cache prune --dry-run")
def prune_store(
    out: OutOption = None,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Remove the completions that no run under the results folder refers to, and failures."""
    from dataclasses import asdict

    from harness.pipeline.keeping.store_contents import Pruned, prune, unneeded

    path = _store(out)
    unreferenced = unneeded(path)
    if unreferenced is None:
        tell(_no_store(path))
        if as_json:
            say_json({"path": str(path), "removed": None})
        return
    show = say if dry_run and not as_json else tell
    show(*_unneeded_lines(unreferenced))
    gone = Pruned(completions=0, failures=0, bytes=0)
    if not dry_run and (unreferenced.completions or unreferenced.failures):
        ask("Remove them? What they cost is not to be had back.", yes=yes)
        gone = prune(path, unreferenced)
    if as_json:
        counts = {"completions": len(unreferenced.completions), "failures": unreferenced.failures}
        say_json(
            {
                "path": str(path),
                "unneeded": {**counts, "bytes": unreferenced.bytes},
                "held": dict(unreferenced.held),
                "removed": asdict(gone),
            }
        )
    elif dry_run:
        say("nothing was removed")
    else:
        say(
            f"removed {gone.completions:,} completions and {gone.failures:,} failures; "
            f"{size(gone.bytes)} are free"
        )


@app.command("export", epilog="Example:  harness cache export completions.jsonl")
def export_file(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="What to write.")],
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write every completion, with all that it depends on, to one file."""
    from harness.pipeline.keeping.transfer import export_store

    written = export_store(_store(out), file)
    if as_json:
        say_json({"file": str(file), **written._asdict()})
    else:
        say(f"{file}: {written.completions:,} completions, {written.parts:,} parts")


@app.command(
    "import",
    epilog="Examples:  harness cache import results      (makes a lost store anew)\n\n"
    "  harness cache import completions.jsonl",
)
def import_paths(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH", help="Export files; folders of runs, of suites or of results."
        ),
    ],
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put completions into the store; what is there stays as it is."""
    from dataclasses import asdict

    from harness.pipeline.keeping.transfer import import_into

    path = _store(out)
    imported = import_into(path, paths)
    for place in imported.places:
        tell(f"{place}: skipped")
    if imported.damaged > len(imported.places):
        tell(f"… and {imported.damaged - len(imported.places):,} more")
    if as_json:
        say_json({"path": str(path), **asdict(imported)})
        return
    say(f"{path}: {imported.new:,} completions are new, {imported.known:,} were known")
    if skipped := _skipped(imported):
        say(f"skipped: {skipped}")


def _store(out: Path | None) -> Path:
    from harness.pipeline.asking.run import STORE_FILE
    from harness.pipeline.reading.run_list import results_folder

    return results_folder(out) / STORE_FILE


def _no_store(path: Path) -> str:
    return f"there is no completion store {path}; a run makes it"


def _skipped(imported: Imported) -> str:
    reasons = {
        "failures": imported.failures,
        "predictions made elsewhere": imported.predictions,
        "unfinished runs": imported.unfinished,
        "damaged lines": imported.damaged,
    }
    return ", ".join(f"{count:,} {reason}" for reason, count in reasons.items() if count)


def _unneeded_lines(unneeded: Unneeded) -> Iterator[str]:
    yield (
        f"{len(unneeded.completions):,} of {unneeded.stored:,} completions are of no run under "
        f"{unneeded.results} ({unneeded.runs} runs); they take about {size(unneeded.bytes)}"
    )
    for group in unneeded.groups:
        yield (
            f"  {group.completions:,} of {group.engine} {group.checkpoint}, "
            f"{decoding_text(group.decoding)}: {group.completion_tokens:,} tokens written"
        )
    if unneeded.failures:
        yield f"{unneeded.failures:,} failures go too"
    for folder, count in unneeded.held.items():
        yield (
            f"kept: {count:,} completions that {folder} may need, which did not finish; "
            f"finish it, or let them go with 'harness rm {folder}'"
        )


def _print_why(comparison: Why) -> None:
    total = comparison.compared.total()
    if not total:
        say("the runs have no completion of the same system and sample")
    elif comparison.same == total:
        say(f"the keys of all {total:,} completions are equal: nothing differs")
    else:
        say(f"{total - comparison.same:,} of {total:,} completions differ in their keys")
    for difference in comparison.differences[:SHOWN]:
        say("", _affected(difference, comparison))
        say_text(difference.text, indent="  ")
    if len(comparison.differences) > SHOWN:
        left = len(comparison.differences) - SHOWN
        say("", f"… and {left:,} more differences; --json has all, --sample takes one sample")


def _affected(difference: Difference, comparison: Why) -> str:
    whole = sum(comparison.compared[system] for system in difference.systems)
    text = f"in {difference.count:,} of {whole:,} completions of {', '.join(difference.systems)}"
    if difference.ingredient == "images" or difference.count < whole:
        text += f" ({_first_few(list(difference.samples), 'samples')})"
    return f"{text}:"


def _print_only(run: str, only: Only) -> None:
    if only.systems:
        say("", f"only {run} has the systems {', '.join(only.systems)}")
    if only.samples:
        say("", f"only {run} has {_first_few(list(only.samples), 'samples')}")
    if only.draws:
        say("", f"only {run} has {only.draws} more draws of each")


def _first_few(names: list[str], word: str) -> str:
    from harness.pipeline.reading.why import SHOWN as FEW

    shown = ", ".join(names[:FEW]) + (" …" if len(names) > FEW else "")
    return f"{len(names):,} {word}: {shown}"
