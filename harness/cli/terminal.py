"""What verbs have found → tables and sentences on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli.grid import Grid
from harness.cli.options import decoding_text
from harness.cli.output import say
from harness.contrast import verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.pipeline.keeping.store_contents import Group
    from harness.pipeline.reading.comparing import PairPower, RunComparison
    from harness.pipeline.reading.run_list import RunRow
    from harness.pipeline.reading.slicing import SlicedRun
    from harness.report.tables import ComparisonTable


def print_table(table: ComparisonTable) -> None:
    """Print a run's comparison table, the best of each column marked."""
    grid = Grid(table.header)
    for line, row in zip(table.cells(), table.rows, strict=True):
        grid.add(*line, style="dim italic" if row.reported else "")
    on_terminal = grid.show()
    if not on_terminal and any(table.best(column) for column in range(len(table.metrics))):
        say("* best of the column")
    say(*table.notes)


def print_comparison(compared: RunComparison) -> None:
    """Print every pair on every metric, the rank bands and the verdict."""
    grid = Grid(
        ("metric", "candidate", "baseline", "difference", "95 % interval", "p (Holm)", "effect",
         "wins", "ties", "losses", "n"),
        left=3, names=3,
    )  # fmt: skip
    for metric in compared.metrics:
        for pair in metric.pairs:
            interval = f"{pair.interval[0]:+.4f} … {pair.interval[1]:+.4f}" if pair.interval else ""
            counts = (pair.wins, pair.ties, pair.losses, pair.n_paired)
            grid.add(
                pair.metric,
                pair.candidate,
                pair.baseline,
                f"{pair.delta:+.4f}" + ("~" if compared.under_floor(pair) else ""),
                interval,
                f"{pair.p_adjusted:.4f}",
                "" if pair.effect is None else f"{pair.effect:+.1f}",
                *map(str, counts),
            )
        grid.end_section()
    grid.show()
    if not any(metric.pairs for metric in compared.metrics):
        say("no two of these systems have a sample in common that a metric says something about")
    if any(compared.under_floor(pair) for m in compared.metrics for pair in m.pairs):
        say("~ no larger than what repeats of the same prompt differ by")
    deciding = compared.metric(compared.deciding)
    if deciding.bands:
        bands = sorted(deciding.bands.items(), key=lambda item: item[1])
        ranks = ", ".join(f"{name} {'/'.join(map(str, band))}" for name, band in bands)
        say(
            f"rank bands on {deciding.metric} (who shares one cannot be told apart): {ranks}",
        )
    say(*verdicts(deciding))
    if deciding.pairs:
        say(f"({deciding.pairs[0].method}, seed {deciding.pairs[0].seed})")


def print_verdict(compared: RunComparison) -> None:
    """Print whether the winner beats its runner-up, in one sentence."""
    for sentence in verdicts(compared.metric(compared.deciding))[:1]:
        say("", sentence)


def print_power(metric: str, pairs: Sequence[PairPower]) -> None:
    """Print what each pair's samples can show."""
    header = ("candidate", "baseline", "measured", "n", "smallest shown", "samples needed")
    grid = Grid(header, left=2, names=2)
    for pair in pairs:
        grid.add(
            pair.candidate,
            pair.baseline,
            f"{pair.delta:+.4f}",
            str(pair.n),
            f"{pair.smallest:.4f}",
            "–" if pair.needed is None else f"{pair.needed:,}",
        )
    grid.show()
    say(f"{metric}: differences shown with 80 % power at p < 0.05 over all these pairs")


def print_slices(sliced: SlicedRun) -> None:
    """Print each slice's scores and its differences to the baseline."""
    header = (sliced.field, "system", sliced.metric, "95 % interval", "difference", "p (Holm)", "n")
    grid = Grid(header, left=2, names=2)
    before = None
    for score in sliced.scores:
        if before not in (None, score.value):
            grid.end_section()
        against = score.against
        grid.add(
            "" if before == score.value else score.value,
            score.system,
            f"{score.score:.4f}",
            f"{score.interval[0]:.4f} … {score.interval[1]:.4f}" if score.interval else "",
            f"{against.delta:+.4f}" if against else "",
            f"{against.p_adjusted:.4f}" if against else "",
            str(score.n),
        )
        before = score.value
    grid.show()
    say("differences to the baseline, corrected over all slices and systems")
    if sliced.left_out:
        names = ", ".join(f"{value} ({n})" for value, n in list(sliced.left_out.items())[:10])
        more = " …" if len(sliced.left_out) > 10 else ""
        say(f"slices of too few samples left out ({len(sliced.left_out)}): {names}{more}")
    if sliced.without:
        say(f"samples that have no {sliced.field}: {sliced.without}")


def print_runs(rows: Sequence[RunRow]) -> None:
    """Print the runs there are, a row each."""
    grid = Grid(("run", "suite", "created", "state", "systems", "samples", "unscored"), left=5)
    for row in rows:
        grid.add(
            row.id,
            row.suite or "–",
            row.created or "–",
            row.state,
            _few(row.systems),
            *("–" if number is None else f"{number:,}" for number in (row.samples, row.unscored)),
        )
    grid.show()


def print_groups(groups: Sequence[Group]) -> None:
    """Print what a store holds by model and decoding."""
    grid = Grid(
        ("engine", "checkpoint", "decoding", "completions", "prompt tokens", "cached",
         "completion tokens"),
        left=3, names=3,
    )  # fmt: skip
    for group in groups:
        numbers = (
            group.completions,
            group.prompt_tokens,
            group.cached_tokens,
            group.completion_tokens,
        )
        grid.add(
            group.engine,
            group.checkpoint,
            decoding_text(group.decoding),
            *(f"{number:,}" for number in numbers),
        )
    grid.show()


def _few(names: Sequence[str]) -> str:
    """Write names in a line, of many the first three."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
