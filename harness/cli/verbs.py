"""The verbs: parse, call one pipeline function, print. Imports wait until a verb is called."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import cache_verbs, run_verbs
from harness.cli.options import JsonOption, OutOption, RunArgument, print_json, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.pipeline.asking.plan import Choice, Plan
    from harness.pipeline.looking.check import Checked
    from harness.records import Request, System

app = typer.Typer(
    help="Which prompt is better, by how much, on which images, and is it real?\n\n"
    "Compares prompt variants for vision-language models over images with reference titles.",
    epilog="Begin with:  harness run prompts/recipe-titles",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

SuiteArgument = Annotated[Path, typer.Argument(help="A folder with a suite.yaml.")]
OnlyOption = Annotated[
    list[str] | None, typer.Option("--only", help="Run this variant alone; may be repeated.")
]
ModelOption = Annotated[
    list[str] | None, typer.Option("--model", help="Run this model alone; may be repeated.")
]
EngineOption = Annotated[
    str | None,
    typer.Option("--engine", help="vllm, transformers, openai or fake, whatever the suite says."),
]


def _limit_on_failures(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"\d+|\d+(\.\d+)?%", text):
        raise typer.BadParameter(f"'{text}' is neither a number nor a share such as 5%")
    return text


@app.callback()
def _common(
    debug: Annotated[bool, typer.Option("--debug", help="Show an error's whole trace.")] = False,
) -> None:
    """``--debug`` is taken out by ``main``; it stands here for --help."""


@app.command(epilog="Example:  harness run prompts/recipe-titles --only title-style --limit 20")
def run(
    suite: SuiteArgument,
    only: OnlyOption = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only the first so many samples.")
    ] = None,
    model: ModelOption = None,
    engine: EngineOption = None,
    out: OutOption = None,
    with_reported: Annotated[
        bool, typer.Option("--with-reported", help="Add the suite's figures printed elsewhere.")
    ] = False,
    repeat: Annotated[
        int, typer.Option("--repeat", min=1, help="Make every request so often: the noise floor.")
    ] = 1,
    max_failures: Annotated[
        str | None,
        typer.Option(
            "--max-failures",
            metavar="N|P%",
            help="Stop when more requests fail than this. Default: go on, and show them.",
            callback=_limit_on_failures,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run a suite, score it and print the comparison table.

    Finished completions are kept: a second run asks the model only for what changed.
    """
    from harness.cli.progress import RunProgress
    from harness.cli.terminal import print_table, print_verdict
    from harness.executors.local import LocalExecutor
    from harness.executors.local_signals import stopped_at_once
    from harness.pipeline.asking.run import run_suite
    from harness.pipeline.reading.comparing import compare_run
    from harness.pipeline.reading.reporting import comparable
    from harness.report.tables import ComparisonTable
    from harness.store.run_files import plain_data

    with stopped_at_once(), RunProgress() as progress:
        outcome = run_suite(
            suite,
            _choice(only, model, engine, limit, repeat),
            out=out,
            with_reported=with_reported,
            max_failures=max_failures,
            progress=progress,
            executor=LocalExecutor(signals=True, redirect=True),
        )
    for remark in outcome.generation.remarks:
        say(remark)
    folder = outcome.folder.path
    if as_json:
        print_json(
            {
                **plain_data(outcome.summary),
                "folder": str(folder),
                "generated": outcome.generation.generated,
            }
        )
        return
    print_table(ComparisonTable.of(outcome.summary))
    if comparable(outcome.summary):
        print_verdict(compare_run(outcome.folder, deciding_alone=True))
    made, kept = (
        outcome.generation.generated,
        outcome.generation.total - outcome.generation.generated,
    )
    if outcome.unchanged:
        typer.echo(f"\nnothing has changed since run {folder.name}: this is its table")
    else:
        cost = outcome.summary.cost
        pace = f" at {cost.completions_per_second:.1f}/s" if cost and made else ""
        typer.echo(f"\n{made} completions generated{pace}, {kept} from the store")
        if cost and (money := cost.money):
            typer.echo(f"{money.currency} {money.now:.4f} now, {money.run:.4f} all of it")
    typer.echo(f"report: {folder / 'report.html'}")


@app.command(epilog="Example:  harness render prompts/recipe-titles --sample d001")
def render(
    suite: SuiteArgument,
    sample: Annotated[
        str | None, typer.Option("--sample", help="A sample's id. Default: the first.")
    ] = None,
    only: OnlyOption = None,
    model: ModelOption = None,
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print exactly what will be sent for one sample, and which prompts share their beginning."""
    from harness.config.load import load_suite
    from harness.pipeline.looking.prefixes import shared_prefixes
    from harness.pipeline.looking.preview import render_requests

    plan, requests = render_requests(load_suite(suite), _choice(only, model, engine, None), sample)
    if as_json:
        print_json([_request_json(plan, system, request) for system, request in requests])
        return
    for system, request in requests:
        config = plan.model(system.model)
        _heading(f"{system.name} · sample {request.sample_id} · {config.name} ({config.engine})")
        typer.echo(_prompt_text(request))
        sampling = ", ".join(f"{name}={value}" for name, value in system.decoding.params.items())
        typer.secho(f"decoding: {sampling}\nkey: {_key_text(plan, request, system)}\n", dim=True)
    for line in shared_prefixes(requests):
        typer.echo(line)


@app.command(epilog="Examples:  harness check\n\n  harness check prompts/recipe-titles --data")
def check(
    path: Annotated[
        Path, typer.Argument(help="A project, a suite, a prompt variant or a dataset.")
    ] = Path(),
    data: Annotated[
        bool, typer.Option("--data", help="Read every row and decode every image too.")
    ] = False,
) -> None:
    """Find what a run would refuse: every prompt is rendered once, no model is asked."""
    from harness.pipeline.looking.check import check as check_path

    checked = check_path(path, data=data)
    for problem in checked.problems:
        typer.echo(str(problem))
    for notice in checked.notices:
        typer.echo(f"note: {notice}")
    typer.echo(_check_text(checked, data=data))
    if checked.problems:
        raise typer.Exit(1)


@app.command(
    epilog="Examples:  harness score results/recipe-titles --metric bleu --metric cider\n\n"
    "  harness score --predictions mine.csv --dataset recipes-demo"
)
def score(
    run: Annotated[
        Path | None, typer.Argument(help="A run's folder, or results/<suite> for its newest run.")
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option("--predictions", help="CSV, JSONL or Parquet: id, text [, system]."),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="Whose references the file is scored against.")
    ] = None,
    step: Annotated[
        list[str] | None, typer.Option("--step", help="Post-process the file; may be repeated.")
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", help="Add this one to the run's; may be repeated."),
    ] = None,
    instead: Annotated[
        bool, typer.Option("--instead", help="Put --metric in the place of the run's metrics.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Score a finished run again, or predictions made elsewhere; needs no model."""
    from harness.cli.progress import RunProgress
    from harness.cli.terminal import print_table
    from harness.metrics.registry import parse_spec
    from harness.pipeline.asking.prediction_run import METRICS, score_predictions
    from harness.pipeline.reading.scoring import rescore
    from harness.report.tables import ComparisonTable
    from harness.store.run_files import plain_data
    from harness.store.run_folder import RunFolder

    specs = tuple(map(parse_spec, metric or ()))
    if predictions and dataset and not run:
        with RunProgress(brief=True) as progress:
            progress.stage("scoring")
            folder, summary = score_predictions(
                predictions, dataset, metrics=specs or METRICS, steps=step or ()
            )
    elif run and not (predictions or dataset or step):
        folder = RunFolder.find(run)
        with RunProgress(brief=True) as progress:
            progress.stage("scoring")
            summary = rescore(folder, specs, instead=instead)
    else:
        raise typer.BadParameter("give a run, or --predictions with --dataset")
    if as_json:
        print_json({**plain_data(summary), "folder": str(folder.path)})
        return
    print_table(ComparisonTable.of(summary))
    if predictions:
        typer.echo(f"\nreport: {folder.path / 'report.html'}")


@app.command(epilog="Example:  harness report results/recipe-titles")
def report(
    run: RunArgument,
    by_metric: Annotated[
        bool, typer.Option("--by-metric", help="A row a metric, three decimals, as papers print.")
    ] = False,
) -> None:
    """Write a finished run's report and tables again, and print the table."""
    from harness.cli.terminal import print_table
    from harness.pipeline.reading.reporting import write_reports
    from harness.report.tables import ComparisonTable
    from harness.store.run_folder import RunFolder

    folder = RunFolder.find(run)
    summary = folder.summary()
    write_reports(folder, summary)
    if by_metric:
        typer.echo(ComparisonTable.of(summary).by_metric(), nl=False)
    else:
        print_table(ComparisonTable.of(summary))
    typer.echo(f"\nreport: {folder.path / 'report.html'}")


@app.command(epilog="Example:  harness compare results/recipe-titles --metric METEOR")
def compare(
    run: RunArgument,
    systems: Annotated[
        list[str] | None, typer.Argument(help="Only these systems. Default: all of the run.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", help="The system that others are compared with.")
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option("--metric", help="What the verdict is about. Default: CIDEr, if scored."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of bootstrap and exchanges.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Compare the systems of a run in pairs: difference, interval, p-value, rank bands."""
    from dataclasses import replace

    from harness.cli.terminal import print_comparison
    from harness.contrast import USUAL
    from harness.pipeline.reading.comparing import compare_run
    from harness.store.run_folder import RunFolder

    compared = compare_run(
        RunFolder.find(run),
        systems=systems or (),
        baseline=baseline,
        metric=metric,
        resampling=replace(USUAL, seed=seed),
    )
    if as_json:
        print_json(compared.json())
    else:
        print_comparison(compared)


@app.command("slices", epilog="Example:  harness slices results/recipe-titles --by ingredients")
def slice_scores(
    run: RunArgument,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="A metadata field, or reference_words, references, reference_rarity.",
        ),
    ],
    metric: Annotated[
        str | None, typer.Option("--metric", help="Default: CIDEr, if scored.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score and compare the systems on slices of the samples, real differences first."""
    from harness.cli.terminal import print_slices
    from harness.pipeline.reading.slicing import slice_run
    from harness.store.run_folder import RunFolder

    sliced = slice_run(RunFolder.find(run), by, metric=metric)
    if as_json:
        print_json(sliced.json())
    else:
        print_slices(sliced)


@app.command(epilog="Example:  harness power results/recipe-titles --metric CIDEr --difference 0.1")
def power(
    run: RunArgument,
    metric: Annotated[
        str | None, typer.Option("--metric", help="Default: CIDEr, if scored.")
    ] = None,
    difference: Annotated[
        float | None, typer.Option("--difference", help="Default: the one that was measured.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say which difference the run's samples can show, and how many a difference needs."""
    from dataclasses import asdict

    from harness.cli.terminal import print_power
    from harness.pipeline.reading.comparing import power_of_run
    from harness.store.run_folder import RunFolder

    name, pairs = power_of_run(RunFolder.find(run), metric=metric, difference=difference)
    if as_json:
        print_json({"metric": name, "pairs": [asdict(pair) for pair in pairs]})
    else:
        print_power(name, pairs)


app.add_typer(run_verbs.app)
app.add_typer(cache_verbs.app, name="cache")


def _choice(
    only: list[str] | None,
    model: list[str] | None,
    engine: str | None,
    limit: int | None,
    repeats: int = 1,
) -> Choice:
    from harness.pipeline.asking.plan import Choice

    return Choice(
        only=tuple(only or ()),
        models=tuple(model or ()),
        engine=engine,
        limit=limit,
        repeats=repeats,
    )


def _check_text(checked: Checked, *, data: bool) -> str:
    """Say in a line what was looked at and how much is wrong."""
    counts = [f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in checked.counts.items() if n]
    how = "all samples and images" if data else "each prompt for one sample"
    wrong = len(checked.problems)
    verdict = "nothing is wrong" if not wrong else f"{wrong} problem{'' if wrong == 1 else 's'}"
    return f"{verdict}; looked at {', '.join(counts)} ({how})"


def _prompt_text(request: Request) -> str:
    from harness.records import TextPart

    lines = []
    for message in request.rendered.messages:
        lines.append(f"[{message.role}]")
        for part in message.parts:
            if isinstance(part, TextPart):
                lines.append(part.text)
            else:
                ref = request.rendered.media[part.index]
                facts = f"{ref.width}×{ref.height}, sha256 {ref.sha256[:12]}…"
                lines.append(f"<image {ref.path.name}: {facts}>")
    return "\n".join(lines)


def _key_text(plan: Plan, request: Request, system: System) -> str:
    if plan.pinned(system.model):
        return f"{request.key[:16]}…"
    return f"not known before a run asks for the commit of {plan.model(system.model).model}"


def _request_json(plan: Plan, system: System, request: Request) -> Mapping[str, Any]:
    from dataclasses import asdict

    return {
        "system": system.name,
        "sample_id": request.sample_id,
        "key": request.key if plan.pinned(system.model) else None,
        "decoding": dict(request.decoding.params),
        "messages": [
            {
                "role": message.role,
                "parts": [asdict(part) for part in message.parts],
            }
            for message in request.rendered.messages
        ],
        "media": [{**asdict(ref), "path": str(ref.path)} for ref in request.rendered.media],
    }


def _heading(text: str) -> None:
    typer.secho(f"── {text} ──", bold=True)
