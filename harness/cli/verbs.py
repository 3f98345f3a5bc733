"""The verbs: parse, call one pipeline function, print. Imports wait until a verb is called."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import (
    baseline_verb,
    cache_verbs,
    check_verb,
    compare_verb,
    compliance_verb,
    confirm_verb,
    data_verbs,
    effect_verb,
    export_verbs,
    history_verb,
    leaderboard_verb,
    power_verb,
    render_verb,
    run_verbs,
    samples_verb,
    schema_verb,
)
from harness.cli.options import (
    EngineOption,
    IntervalsOption,
    JsonOption,
    LogOption,
    ModelOption,
    OnlyOption,
    OutOption,
    RunArgument,
    SetOption,
    ShownMetricOption,
    SplitOption,
    SuiteArgument,
    choice_of,
    log_to,
    open_chosen,
    run_named,
    share_or_count,
    trackers_named,
)
from harness.cli.outcome import AllowFailuresOption, exit_by, print_result, what_it_took
from harness.cli.output import say, say_json, say_sentences, tell
from harness.errors import MetricError
from harness.nearest import nearest

if TYPE_CHECKING:
    from harness.pipeline.asking.plan import Plan
    from harness.records import Suite

MOST_SENTENCES = 9
"""On pictures, under the table of a run; its page has all."""

app = typer.Typer(
    help="Which prompt is better, by how much, on which images, and could it be chance?\n\n"
    "Compares prompt variants for vision-language models over images with reference titles.",
    epilog="Examples:\n\n"
    "  harness check                                   are all files fine?\n\n"
    "  harness run recipe-titles --limit 20            prompts/recipe-titles, 20 samples of it\n\n"
    "  harness compare recipe-titles --metric CIDEr    its newest run under results/\n\n"
    "  harness score --predictions mine.csv --dataset recipes-demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _print_version(wanted: bool) -> None:
    from importlib.metadata import version

    if wanted:
        say(f"harness {version('prompt-harness')}")
        raise typer.Exit


@app.callback()
def _common(
    debug: Annotated[bool, typer.Option("--debug", help="Show an error's whole trace.")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """``--debug`` is taken out by ``main``; it stands here for --help."""


@app.command(epilog="Example:  harness run prompts/recipe-titles --only title-style --limit 20")
def run(
    suite: SuiteArgument,
    only: OnlyOption = None,
    sets: SetOption = None,
    split: SplitOption = None,
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
            callback=share_or_count,
        ),
    ] = None,
    allow_failures: AllowFailuresOption = False,
    metric: ShownMetricOption = None,
    intervals: IntervalsOption = False,
    log: LogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a suite, score it and print the comparison table.

    Finished completions are kept: a second run asks the model only for what changed.
    """
    from harness.cli.progress import RunProgress
    from harness.cli.terminal import print_declared
    from harness.executors.local import LocalExecutor
    from harness.executors.local_signals import stopped_at_once
    from harness.metrics.registry import columns_given
    from harness.pipeline.asking.run import run_suite
    from harness.pipeline.looking.lints.every import lints_of_run
    from harness.pipeline.reading.deciding import undecided
    from harness.pipeline.reading.grounding import said_of_pictures
    from harness.pipeline.reading.marking import marks_of
    from harness.report.ladder_view import as_shown
    from harness.store.run_files import plain_data

    def warn(plan: Plan, written: Suite) -> None:
        known = columns_given(plan.suite.metrics)
        for name in metric or () if all(spec.kind == "own" for spec in plan.suite.metrics) else ():
            if name not in known:  # said before a model is asked, not after
                raise MetricError(f"the suite has no metric '{name}'", hint=nearest(name, known))
        if count := len(lints_of_run(plan, written)):
            many = "1 warning" if count == 1 else f"{count} warnings"
            progress.tell(f"{many} about these prompts; see harness check {written.folder}")

    trackers = trackers_named(log)  # before a model is asked
    with stopped_at_once(), RunProgress() as progress:
        outcome = run_suite(
            suite,
            choice_of(only, model, engine, sets, split=split, limit=limit, repeats=repeat),
            out=out,
            with_reported=with_reported,
            max_failures=max_failures,
            progress=progress,
            executor=LocalExecutor(signals=True, redirect=True),
            planned=warn,
        )
    for remark in outcome.generation.remarks:
        tell(remark)
    folder = outcome.folder.path
    if as_json:
        say_json(
            {
                **plain_data(outcome.summary),
                "folder": str(folder),
                "generated": outcome.generation.generated,
            }
        )
        log_to(trackers, outcome.folder)
        exit_by(outcome.summary, allow_failures=allow_failures)
        return
    run_record = outcome.folder.run()
    print_result(
        outcome.summary,
        marks_of(run_record, outcome.summary, outcome.comparison),
        metrics=metric,
        intervals=intervals,
    )
    if outcome.comparison and not outcome.summary.ladder:
        print_declared(outcome.comparison)
    elif not outcome.comparison and (lacking := undecided(run_record, outcome.summary)):
        say_sentences("", *(f"Undecided: {text}." for text in lacking))
    if pictures := said_of_pictures(run_record, as_shown(outcome.summary), most=MOST_SENTENCES):
        say_sentences("", *pictures)
    say("", *what_it_took(outcome))
    say(f"report: {folder / 'report.html'}")
    log_to(trackers, outcome.folder)
    exit_by(outcome.summary, allow_failures=allow_failures)


app.command(epilog=render_verb.EXAMPLES)(render_verb.render)
app.command(epilog="Examples:  harness check\n\n  harness check prompts/recipe-titles --data")(
    check_verb.check
)


@app.command(
    epilog="Examples:  harness score results/recipe-titles --metric bleu --metric cider\n\n"
    "  harness score --predictions mine.csv --dataset recipes-demo"
)
def score(
    run: Annotated[
        Path | None,
        typer.Argument(
            help="A run's folder, or a suite's name for its newest run.", callback=run_named
        ),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option("--predictions", help="CSV, JSONL or Parquet: id, text [, system]."),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="Whose references the file is scored against.")
    ] = None,
    split: SplitOption = None,
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
    allow_failures: AllowFailuresOption = False,
    as_json: JsonOption = False,
) -> None:
    """Score a finished run again, or predictions made elsewhere; needs no model."""
    from harness.cli.progress import RunProgress
    from harness.metrics.registry import parse_spec
    from harness.pipeline.asking.prediction_run import METRICS, score_predictions
    from harness.pipeline.reading.comparing import compare_run
    from harness.pipeline.reading.marking import marks_of
    from harness.pipeline.reading.reporting import comparable
    from harness.pipeline.reading.scoring import rescore
    from harness.store.run_files import plain_data

    specs = tuple(map(parse_spec, metric or ()))
    if predictions and dataset and not run:
        with RunProgress(brief=True) as progress:
            progress.stage("scoring")
            folder, summary = score_predictions(
                predictions, dataset, split=split, metrics=specs or METRICS, steps=step or ()
            )
    elif run and not (predictions or dataset or step or split):
        folder = open_chosen(run)
        with RunProgress(brief=True) as progress:
            progress.stage("scoring")
            summary = rescore(folder, specs, instead=instead)
    else:
        raise typer.BadParameter("give a run, or --predictions with --dataset")
    if as_json:
        say_json({**plain_data(summary), "folder": str(folder.path)})
    else:
        compared = compare_run(folder) if comparable(summary) else None
        print_result(summary, marks_of(folder.run(), summary, compared))
        if predictions:
            say("", f"report: {folder.path / 'report.html'}")
    exit_by(summary, allow_failures=allow_failures)


@app.command(
    epilog="Examples:  harness report results/recipe-titles\n\n"
    "  harness report recipe-titles --log mlflow",
)
def report(
    run: RunArgument,
    by_metric: Annotated[
        bool, typer.Option("--by-metric", help="A row a metric, as papers print.")
    ] = False,
    metric: ShownMetricOption = None,
    intervals: IntervalsOption = False,
    signatures: Annotated[
        bool, typer.Option("--signatures", help="Say how each number was computed, too.")
    ] = False,
    log: LogOption = None,
) -> None:
    """Write a finished run's report and tables again, and print the table."""
    from harness.pipeline.reading.marking import marks_of
    from harness.pipeline.reading.reporting import write_reports
    from harness.report.signatures import signature_lines
    from harness.report.tables import ComparisonTable

    trackers = trackers_named(log)
    folder = open_chosen(run)
    summary = folder.summary()
    marked = marks_of(folder.run(), summary, write_reports(folder, summary))
    if by_metric:
        say(*ComparisonTable.of(summary, marked).by_metric().rstrip("\n").split("\n"))
    else:
        print_result(summary, marked, metrics=metric, intervals=intervals)
    if signatures:
        say("", *signature_lines(summary))
    say("", f"report: {folder.path / 'report.html'}")
    log_to(trackers, folder)


app.add_typer(compare_verb.app)


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
        str | None, typer.Option("--metric", help="Default: the declared one.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score and compare the systems on slices of the samples, the differing ones first."""
    from harness.cli.terminal import print_slices
    from harness.pipeline.reading.choosing import lacks_pairs
    from harness.pipeline.reading.slicing import slice_run

    sliced = slice_run(open_chosen(run, lacks_pairs(metric)), by, metric=metric)
    if as_json:
        say_json(sliced.json())
    else:
        print_slices(sliced)


app.add_typer(confirm_verb.app)
app.add_typer(power_verb.app)
app.add_typer(effect_verb.app)
app.add_typer(compliance_verb.app)
app.add_typer(leaderboard_verb.app)
app.add_typer(history_verb.app)
app.add_typer(run_verbs.app)
app.add_typer(samples_verb.app)
app.add_typer(schema_verb.app)
app.add_typer(baseline_verb.app)
app.add_typer(data_verbs.app, name="data")
app.add_typer(export_verbs.app, name="export")
app.add_typer(cache_verbs.app, name="cache")
