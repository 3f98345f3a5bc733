"""The verbs about runs as a whole, and names: list, show, rm."""

from __future__ import annotations

import shlex
from dataclasses import fields
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    JsonOption,
    RunArgument,
    YesOption,
    ask,
    decoding_text,
    size,
)
from harness.cli.output import say, say_json, tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.pipeline.reading.run_list import RunDescription
    from harness.records import Cost, Declaration, System, SystemSummary

app = typer.Typer(rich_markup_mode=None)

KINDS = ("models", "engines", "metrics", "steps", "formats", "runs")


@app.command(
    "list", epilog="Examples:  harness list metrics\n\n  harness list runs results/recipe-titles"
)
def list_names(
    kind: Annotated[str, typer.Argument(help="models, engines, metrics, steps, formats or runs.")],
    results: Annotated[
        Path | None,
        typer.Argument(help="Of runs: a results or suite's folder. Default: the project's."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List what a suite or variant may name, or the runs there are."""
    from harness.pipeline.looking.name_lists import names_of

    if kind not in KINDS:
        raise typer.BadParameter(f"'{kind}' is none of {', '.join(KINDS)}")
    if kind == "runs":
        _list_runs(results, as_json=as_json)
        return
    if results:
        raise typer.BadParameter("a folder goes with runs alone")
    names = names_of(kind)
    if as_json:
        say_json(names)
    else:
        say(*names)


@app.command(epilog="Example:  harness show results/recipe-titles")
def show(run: RunArgument, as_json: JsonOption = False) -> None:
    """Say what a run is: prompts, models, cost, failures, files."""
    from harness.pipeline.reading.run_list import describe
    from harness.store.run_files import plain_data
    from harness.store.run_folder import RunFolder

    description = describe(RunFolder.find(run))
    if as_json:
        say_json(plain_data(description))
    else:
        say(*_shown(description))


@app.command(epilog="Example:  harness rm results/recipe-titles/20260701-120000-0d4f0d")
def rm(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="The folders of single runs.")],
    yes: YesOption = False,
) -> None:
    """Delete the folders of runs; completions stay in the store."""
    from harness.pipeline.keeping.remove import removable, remove_run

    folders = removable(runs)
    for folder in folders:
        files = [path for path in folder.path.rglob("*") if path.is_file()]
        taken = size(sum(path.stat().st_size for path in files))
        state = "" if folder.complete else "; it did not finish: is it still going on?"
        tell(f"{folder.path}: {len(files)} files, {taken}{state}")
    word = "this run" if len(folders) == 1 else f"these {len(folders)} runs"
    ask(f"Delete {word}?", yes=yes)
    for folder in folders:
        remove_run(folder)
        say(f"removed {folder.path}")
    tell("the store keeps the completions: 'harness cache prune' removes what no run refers to")


def _list_runs(results: Path | None, *, as_json: bool) -> None:
    from dataclasses import asdict

    from harness.cli.terminal import print_runs
    from harness.pipeline.reading.run_list import list_runs, results_folder

    path = results or results_folder()
    rows = list_runs(path) if results or path.is_dir() else []
    if as_json:
        say_json([asdict(row) for row in rows])
    elif rows:
        print_runs(rows)
    else:
        tell(f"no run under {path}; 'harness run' makes one")


def _shown(described: RunDescription) -> Iterator[str]:
    from harness.contrast import WITH

    run, summary = described.run, described.summary
    machine = run.machine
    yield f"run:      {run.id}"
    yield f"suite:    {run.suite}"
    split = f", split {run.dataset.split.name}" if run.dataset.split else ""
    yield f"dataset:  {run.dataset.name}{split}, {run.dataset.samples:,} samples"
    yield f"created:  {run.created}"
    yield f"command:  {shlex.join(run.command)}"
    if run.git:
        unknown = f" (changes not looked for: {run.git.unknown})" if run.git.unknown else ""
        yield f"commit:   {run.git.commit}{' with changes' if run.git.dirty else unknown}"
    else:
        yield "commit:   none: the prompts are not under git"
    yield (
        f"machine:  {machine.processor}, {machine.cores} cores, "
        f"Python {machine.python}, {machine.platform}"
    )
    specs = summary.specs if summary else run.metrics
    yield f"metrics:  {', '.join(spec.label for spec in specs)}"
    if run.decide:
        yield f"declared: {_declared(run.decide)}"
    yield ""
    yield "models"
    for name, model in run.models.items():
        args = ", ".join(f"{key}={value}" for key, value in model.args.items())
        yield f"  {name}: {model.engine}, {model.model}{f' ({args})' if args else ''}"
    yield ""
    yield "variants"
    for name, variant in run.variants.items():
        if variant.control:
            yield f"  {name}: {variant.control_of} {WITH[variant.control]}"
        else:
            yield f"  {name}: {variant.description or '(no description)'}"
    yield ""
    yield "decoding"
    yield from _decodings(run.systems)
    if summary is None:
        yield ""
        yield "unfinished: there is no summary.json"
        yield f"  to go on: {shlex.join(run.command)}"
        yield "  finished completions are kept, and not asked for twice"
    else:
        yield from _cost(summary.cost)
        yield from _counts(summary.systems)
    yield ""
    yield f"files in {described.folder}"
    yield from _files(described.files)


def _declared(decide: Declaration) -> str:
    """Say what a run's suite declares to compare, since when, and what had been seen by then."""
    names = [
        f"{name} (margin {decide.margins[name]:g})" if name in decide.margins else name
        for name in decide.metrics
    ]
    against = f" with '{decide.baseline}'" if decide.baseline else " of all pairs"
    pairs = "1 comparison" if decide.comparisons == 1 else f"{decide.comparisons} comparisons"
    said = [f"{pairs}{against} on {', '.join(names)}", f"since {decide.declared_at}"]
    if decide.answers_before:
        one = decide.answers_before == 1
        said.append(f"{decide.answers_before:,} answer{' was' if one else 's were'} there before")
    if decide.looks > 1:
        said.append(f"look {decide.looks} at it")
    if decide.not_applicable:
        said.append(f"not to be made here: {decide.not_applicable}")
    return "; ".join(said)


def _files(sizes: Mapping[str, int]) -> Iterator[str]:
    """Give each file, and each folder of files in a line."""
    lines: dict[str, list[int]] = {}
    for name, count in sizes.items():
        folder, slash, _ = name.partition("/")
        lines.setdefault(folder + slash, []).append(count)
    for name, counts in lines.items():
        files = f" ({len(counts):,} files)" if name.endswith("/") else ""
        yield f"  {size(sum(counts)):>9}  {name}{files}"


def _decodings(systems: Sequence[System]) -> Iterator[str]:
    """Give each way of sampling once; a model or variant may set parameters of its own."""
    sharing: dict[str, list[str]] = {}
    for system in systems:
        text = f"  {system.decoding.name}: {decoding_text(system.decoding.params)}"
        sharing.setdefault(text, []).append(system.name)
    for text, names in sharing.items():
        yield text if len(sharing) == 1 else f"{text} ({', '.join(names)})"


def _cost(cost: Cost | None) -> Iterator[str]:
    if cost is None:
        return
    yield ""
    yield "cost"
    yield (
        f"  requests: {cost.completions:,}; generated {cost.generated - cost.failed:,}, "
        f"failed {cost.failed:,}, the others from the store"
    )
    yield (
        f"  tokens: prompt {cost.prompt_tokens:,} (cached {cost.cached_tokens:,}), "
        f"completion {cost.completion_tokens:,}"
    )
    yield from _image_work(cost)
    pace = cost.completions_per_second
    speed = f", {pace:.1f} completions/s" if pace else ""
    yield (
        f"  time: model start {cost.model_start_seconds:.1f} s, "
        f"generating {cost.generate_seconds:.1f} s{speed}"
    )
    if money := cost.money:
        yield f"  money: {money.currency} {money.now:.4f} now, {money.run:.4f} all of it"


def _image_work(cost: Cost) -> Iterator[str]:
    """Say how often pictures were really worked on for each completion that was asked for."""
    images = cost.images
    if images and images.asked and cost.generated:
        shares = [
            f"{field.name} {'?' if count is None else format(count / cost.generated, '.2f')}"
            for field in fields(images)
            for count in [getattr(images, field.name)]
        ]
        yield f"  images for each completion: {', '.join(shares)}"


def _counts(systems: Sequence[SystemSummary]) -> Iterator[str]:
    yield ""
    yield "answers"
    for system in systems:
        yield (
            f"  {system.system}: {system.n:,} samples; unscored {system.unscored:,}, "
            f"empty {system.empty:,}, truncated {system.truncated:,}"
        )
        for reason, count in system.reasons.items():
            yield f"    {count:,} × {reason}"
        if len(system.made_by) > 1:
            makers = ", ".join(f"{count:,} by {maker}" for maker, count in system.made_by.items())
            yield f"    made by more than one engine or version: {makers}"
