"""The verb ``compare``: systems of a run or of two runs in pairs, and gates for CI."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import JsonOption, open_chosen, run_named
from harness.cli.output import say_json, say_sentences, tell
from harness.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.pipeline.across.gates import Gate, GateResult
    from harness.pipeline.reading.comparing import RunComparison
    from harness.records import Resampling
    from harness.store.run_folder import RunFolder

GATE_FAILED = 3

app = typer.Typer(rich_markup_mode=None)


@app.command(
    epilog="Examples:\n\n"
    "  harness compare results/titles                        all systems of its newest run\n\n"
    "  harness compare titles plain catchy                   two of them\n\n"
    "  harness compare RUN_A RUN_B                           systems of one name in two runs\n\n"
    "  harness compare RUN_A:plain RUN_B:catchy              any two systems of two runs\n\n"
    "  harness compare RUN_A RUN_B --fail-if-worse CIDEr:0.1 --junit gates.xml"
)
def compare(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN[:SYSTEM]",
            help="A run's folder, or a suite's name for its newest run; of two runs the one with "
            "the baseline.",
        ),
    ],
    others: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SYSTEM...|RUN[:SYSTEM]]",
            help="Only these systems of the run (default: all), or the run with the candidate.",
        ),
    ] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", help="The system that others are compared with.")
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric",
            help="Show this one alone. Default: all, and the verdict on the declared one.",
        ),
    ] = None,
    fail_if_worse: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-if-worse",
            metavar="METRIC[:MARGIN]",
            help="Exit with 3 unless candidates are shown to be no worse than this; may be "
            "repeated. Default margin: the suite's.",
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", help="Write what the gates found as JUnit XML.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the exchanges.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Compare systems in pairs: difference, interval, p-value, verdict.

    All systems of one run, or of two runs over the same samples: same id, images and references.
    """
    from harness.cli.terminal import print_comparison
    from harness.contrast import USUAL
    from harness.pipeline.across.gates import Gate

    gates = [Gate.parse(text) for text in fail_if_worse or ()]
    if junit and not gates:
        raise typer.BadParameter("--junit needs a gate: --fail-if-worse METRIC:MARGIN")
    asked = _asked(run, others or ())
    compared, results = asked.answer(
        baseline=baseline, metric=metric, gates=gates, resampling=replace(USUAL, seed=seed)
    )
    if compared and metric:
        compared = replace(compared, metrics=(compared.metric(compared.deciding),))
    if as_json:
        found = compared.json() if compared else {}
        gated = {"gates": [result.json() for result in results]} if gates else {}
        say_json({**found, **gated})
    else:
        if compared:
            print_comparison(compared)
        say_sentences(*(result.sentence() for result in results))
    if junit:
        _write_junit(junit, asked, results)
    if not all(result.passed for result in results):
        raise typer.Exit(GATE_FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is to be compared: systems of one run, or a system each of two runs."""

    first: Path
    second: Path | None
    systems: tuple[str | None, ...]
    """Of one run any number; of two runs one each, None where none is named."""

    @property
    def name(self) -> str:
        """Say it as it was asked."""
        return " ".join(str(path) for path in (self.first, self.second) if path)

    def answer(
        self,
        *,
        baseline: str | None,
        metric: str | None,
        gates: Sequence[Gate],
        resampling: Resampling,
    ) -> tuple[RunComparison | None, list[GateResult]]:
        """Compare, and test the gates; no comparison where both runs have the same systems."""
        from harness.pipeline.across.gates import gates_of_run
        from harness.pipeline.reading.choosing import lacks_pairs
        from harness.pipeline.reading.comparing import compare_run

        if self.second is None:
            folder = open_chosen(self.first, lacks_pairs(metric))
            systems = [name for name in self.systems if name is not None]
            compared = compare_run(
                folder, systems=systems, baseline=baseline, metric=metric, resampling=resampling
            )
            return compared, gates_of_run(
                folder, gates, systems=systems, baseline=baseline, resampling=resampling
            ) if gates else []
        if baseline:
            raise typer.BadParameter("--baseline is of one run; of two the first has the baseline")
        first, second = open_chosen(self.first), open_chosen(self.second)
        if first.path.resolve() == second.path.resolve():
            raise StoreError(
                f"both are the run {first.path}",
                hint="'harness compare RUN SYSTEM SYSTEM' compares systems of one run",
            )
        return _across(first, second, self.systems, metric, gates, resampling)


def _across(
    first: RunFolder,
    second: RunFolder,
    systems: tuple[str | None, ...],
    metric: str | None,
    gates: Sequence[Gate],
    resampling: Resampling,
) -> tuple[RunComparison | None, list[GateResult]]:
    from harness.pipeline.across.gates import gates_across
    from harness.pipeline.across.two_runs import compare_merged, compare_runs, merge

    one, other = systems
    if not gates:
        return compare_runs(
            first, second, systems=(one, other), metric=metric, resampling=resampling
        ), []
    merged = merge(first, second, (one, other))
    results = gates_across(merged, gates, resampling=resampling)
    if not merged.pairs:
        return None, results
    return compare_merged(merged, metric=metric, resampling=resampling), results


def _asked(run: str, others: Sequence[str]) -> _Asked:
    """Read what is to be compared.

    Raises:
        StoreError: there is no such run, a name is a system's and a run's, or more than two runs
            are named.
    """
    from harness.pipeline.looking.bare_names import run_and_system

    found = run_and_system(run)
    if found is None:
        path = run_named(Path(run))
        assert path is not None
        return _Asked(first=path, second=None, systems=tuple(others))
    first, system = found
    runs = [run_and_system(word) for word in others]
    if not any(runs):
        return _Asked(first=first, second=None, systems=(system, *others))
    known = _systems_of(first)
    for word, each in zip(others, runs, strict=True):
        if each and word in known:
            raise StoreError(
                f"'{word}' is both a system of {first} and a run, {each[0]}",
                hint=f"write {run}:{word} for the system, or {each[0]}/RUN for the run",
            )
    if len(runs) > 1 or runs[0] is None:
        raise StoreError(
            "two runs are compared at a time, with a system each: RUN_A[:SYSTEM] RUN_B[:SYSTEM]",
            hint="'harness leaderboard RUN…' ranks the systems of many runs",
        )
    second, other = runs[0]
    return _Asked(first=first, second=second, systems=(system, other))


def _systems_of(path: Path) -> list[str]:
    """Give the systems of the run that is meant; none where it cannot be read."""
    from harness.pipeline.reading.choosing import choose_run

    try:
        return [system.name for system in choose_run(path).folder.run().systems]
    except StoreError:
        return []


def _write_junit(path: Path, asked: _Asked, results: Sequence[GateResult]) -> None:
    from harness.report.junit import Case, junit_xml
    from harness.report.named_file import write_named

    cases = [
        Case(
            group=asked.name,
            name=f"{r.metric}: {r.candidate} is not worse than {r.baseline} by {r.margin:g}",
            sentence=r.sentence(),
            passed=r.passed,
        )
        for r in results
    ]
    write_named(path, junit_xml("harness compare", cases), '<testsuite name="harness compare"')
    tell(f"gates: {path}")
