"""Tables on stdout: coloured on a terminal, plain text elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.cli.options import decoding_text
from harness.contrast import verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.pipeline.keeping.store_contents import Group
    from harness.pipeline.reading.comparing import PairPower, RunComparison
    from harness.pipeline.reading.run_list import RunRow
    from harness.pipeline.reading.slicing import SlicedRun
    from harness.report.tables import ComparisonTable

PLAIN_WIDTH = 160
"""Columns of a table that is not shown on a terminal."""


def print_table(table: ComparisonTable) -> None:
    """Print a run's comparison table, the best of each column marked."""
    console = _console()
    shown = _table(table.header)
    marked = "[bold green]{}[/]" if console.is_terminal else "{}*"
    for line, row in zip(table.cells(bold=marked), table.rows, strict=True):
        shown.add_row(escape(line[0]), *line[1:], style="dim italic" if row.reported else None)
    console.print(shown)
    if not console.is_terminal and len(table.rows) > 1:
        _say(console, "* best of the column")
    for note in table.notes:
        _say(console, note)


def print_comparison(compared: RunComparison) -> None:
    """Print every pair on every metric, the rank bands and the verdict."""
    console = _console()
    shown = _table(
        ("metric", "candidate", "baseline", "difference", "95 % interval", "p (Holm)", "effect",
         "wins", "ties", "losses", "n"),
        left=3,
    )  # fmt: skip
    for metric in compared.metrics:
        for pair in metric.pairs:
            interval = f"{pair.interval[0]:+.4f} … {pair.interval[1]:+.4f}" if pair.interval else ""
            counts = (pair.wins, pair.ties, pair.losses, pair.n_paired)
            shown.add_row(
                pair.metric,
                escape(pair.candidate),
                escape(pair.baseline),
                f"{pair.delta:+.4f}" + ("~" if compared.under_floor(pair) else ""),
                interval,
                f"{pair.p_adjusted:.4f}",
                "" if pair.effect is None else f"{pair.effect:+.1f}",
                *map(str, counts),
            )
        shown.add_section()
    console.print(shown)
    if any(compared.under_floor(pair) for m in compared.metrics for pair in m.pairs):
        _say(console, "~ no larger than what repeats of the same prompt differ by")
    deciding = compared.metric(compared.deciding)
    if deciding.bands:
        bands = sorted(deciding.bands.items(), key=lambda item: item[1])
        ranks = ", ".join(f"{name} {'/'.join(map(str, band))}" for name, band in bands)
        _say(
            console,
            f"rank bands on {deciding.metric} (who shares one cannot be told apart): {ranks}",
        )
    for sentence in verdicts(deciding):
        _say(console, sentence)
    if deciding.pairs:
        _say(console, f"({deciding.pairs[0].method}, seed {deciding.pairs[0].seed})")


def print_verdict(compared: RunComparison) -> None:
    """Print whether the winner beats its runner-up, in one sentence."""
    for sentence in verdicts(compared.metric(compared.deciding))[:1]:
        _say(_console(), f"\n{sentence}")


def print_power(metric: str, pairs: Sequence[PairPower]) -> None:
    """Print what each pair's samples can show."""
    console = _console()
    header = ("candidate", "baseline", "measured", "n", "smallest shown", "samples needed")
    shown = _table(header, left=2)
    for pair in pairs:
        shown.add_row(
            escape(pair.candidate),
            escape(pair.baseline),
            f"{pair.delta:+.4f}",
            str(pair.n),
            f"{pair.smallest:.4f}",
            "–" if pair.needed is None else f"{pair.needed:,}",
        )
    console.print(shown)
    _say(console, f"{metric}: differences shown with 80 % power at p < 0.05 over all these pairs")


def print_slices(sliced: SlicedRun) -> None:
    """Print each slice's scores and its differences to the baseline."""
    console = _console()
    header = (sliced.field, "system", sliced.metric, "95 % interval", "difference", "p (Holm)", "n")
    shown = _table(header, left=2)
    before = None
    for score in sliced.scores:
        if before not in (None, score.value):
            shown.add_section()
        against = score.against
        shown.add_row(
            "" if before == score.value else escape(score.value),
            escape(score.system),
            f"{score.score:.4f}",
            f"{score.interval[0]:.4f} … {score.interval[1]:.4f}" if score.interval else "",
            f"{against.delta:+.4f}" if against else "",
            f"{against.p_adjusted:.4f}" if against else "",
            str(score.n),
        )
        before = score.value
    console.print(shown)
    _say(console, "differences to the baseline, corrected over all slices and systems")
    if sliced.left_out:
        names = ", ".join(f"{value} ({n})" for value, n in list(sliced.left_out.items())[:10])
        more = " …" if len(sliced.left_out) > 10 else ""
        _say(console, f"{len(sliced.left_out)} slices of too few samples left out: {names}{more}")
    if sliced.without:
        _say(console, f"{sliced.without} samples have no {sliced.field}")


def print_runs(rows: Sequence[RunRow]) -> None:
    """Print the runs there are, a row each."""
    console = _console()
    shown = _table(("run", "suite", "created", "state", "systems", "samples", "unscored"), left=5)
    for row in rows:
        shown.add_row(
            escape(row.id),
            escape(row.suite or "–"),
            row.created or "–",
            row.state,
            escape(_few(row.systems)),
            *("–" if number is None else f"{number:,}" for number in (row.samples, row.unscored)),
        )
    console.print(shown)


def print_groups(groups: Sequence[Group]) -> None:
    """Print what a store holds by model and decoding."""
    console = _console()
    shown = _table(
        ("engine", "checkpoint", "decoding", "completions", "prompt tokens", "cached",
         "completion tokens"),
        left=3,
    )  # fmt: skip
    for group in groups:
        numbers = (
            group.completions,
            group.prompt_tokens,
            group.cached_tokens,
            group.completion_tokens,
        )
        shown.add_row(
            escape(group.engine),
            escape(group.checkpoint),
            escape(decoding_text(group.decoding)),
            *(f"{number:,}" for number in numbers),
        )
    console.print(shown)


def _few(names: Sequence[str]) -> str:
    """Write names in a line, of many the first three."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, soft_wrap=True)


def _table(header: Sequence[str], left: int = 1) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for i, name in enumerate(header):
        shown.add_column(name, justify="left" if i < left else "right", no_wrap=True)
    return shown


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
