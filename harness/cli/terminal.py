"""What verbs have found → tables and sentences on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli.grid import Grid
from harness.cli.options import decoding_text
from harness.cli.output import say
from harness.contrast import p_text, sentence, sentences, units_text
from harness.slices import LEAST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.pipeline.keeping.store_contents import Group
    from harness.pipeline.reading.comparing import RunComparison
    from harness.pipeline.reading.planning import Power
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
    """Print every pair on every metric, the letters and what may be said."""
    grid = Grid(
        ("metric", "candidate", "baseline", "difference", "95 % interval", "p", "verdict",
         "wins", "ties", "losses", "n"),
        left=3, names=3,
    )  # fmt: skip
    for metric in compared.metrics:
        for pair in metric.pairs:
            low, high = pair.interval or (None, None)
            grid.add(
                pair.metric,
                pair.candidate,
                pair.baseline,
                f"{pair.delta:+.4f}" + ("~" if compared.under_floor(pair) else ""),
                "–" if low is None else f"{low:+.4f} … {high:+.4f}",
                p_text(pair),
                pair.verdict + ("" if pair.confirmatory else " (expl.)"),
                *map(str, (pair.wins, pair.ties, pair.losses)),
                _n(pair.n_paired, pair.units),
            )
        grid.end_section()
    grid.show()
    say(*compared.leakage)
    every = [pair for metric in compared.metrics for pair in metric.pairs]
    if not every:
        say("no two of these systems have a sample in common that a metric says something about")
    if any(compared.under_floor(pair) for pair in every):
        say("~ no larger than what repeats of the same prompt differ by")
    if any(not pair.confirmatory for pair in every):
        tests = max(pair.family for pair in every if not pair.confirmatory)
        say(
            "expl.: exploratory, not declared before the answers were there; intervals and "
            f"p-values allow for all {tests} comparisons that could have been picked"
        )
    if compared.exploratory:
        say(f"nothing is confirmatory: {compared.exploratory}")
    deciding = compared.metric(compared.deciding)
    if deciding.letters:
        held = ", ".join(f"{name} {letters}" for name, letters in deciding.letters.items())
        say(f"{deciding.metric}, best first (who shares a letter is not told apart): {held}")
    say(*sentences(deciding.pairs))
    say(*compared.agreement())
    if every:
        say(f"({every[0].exchanges} exchanges of answers, seed {every[0].seed})")


def print_verdict(compared: RunComparison) -> None:
    """Print what may be said of the winner and its runner-up, in one sentence."""
    if pair := compared.verdict:
        say("", sentence(pair))
        if compared.exploratory:
            say(f"Exploratory: {compared.exploratory}.")


def print_power(power: Power) -> None:
    """Print what each pair's units can show."""
    header = ["candidate", "baseline", "smallest shown", "95 % interval"]
    if power.difference is not None:
        header.append(f"units for {power.difference:g}")
    grid = Grid(header, left=2, names=2)
    for pair in power.pairs:
        low, high = pair.between or (None, None)
        cells = [
            pair.candidate,
            pair.baseline,
            (pair.reason or "–") if pair.smallest is None else f"{pair.smallest:.4f}",
            "–" if low is None else f"{low:.4f} … {high:.4f}",
        ]
        if power.difference is not None:
            cells.append("–" if pair.needed is None else f"{pair.needed:,}")
        grid.add(*cells)
    grid.show()
    over = "1 comparison" if power.comparisons == 1 else f"{power.comparisons} comparisons"
    say(
        f"{power.metric}: the true differences that {units_text(power.samples, power.units)} tell "
        f"apart in 80 % of trials, over {over}"
    )


def print_slices(sliced: SlicedRun) -> None:
    """Print each slice's scores and its differences to the baseline."""
    header = (
        sliced.field, "system", sliced.metric, "95 % interval", "difference", "shrunk",
        "its interval", "p", "n",
    )  # fmt: skip
    grid = Grid(header, left=2, names=2)
    before = None
    for score in sliced.scores:
        if before not in (None, score.value):
            grid.end_section()
        pair = score.against
        low, high = (pair.interval if pair else None) or (None, None)
        grid.add(
            "" if before == score.value else score.value,
            score.system,
            f"{score.score:.4f}",
            f"{score.interval[0]:.4f} … {score.interval[1]:.4f}" if score.interval else "–",
            f"{pair.delta:+.4f}" if pair else "",
            "" if score.shrunk is None else f"{score.shrunk:+.4f}",
            ("" if pair is None else "–") if low is None else f"{low:+.4f} … {high:+.4f}",
            p_text(pair) if pair else "",
            _n(score.n, score.units),
        )
        before = score.value
    grid.show()
    say(*sliced.leakage)
    say(
        f"exploratory: differences to the baseline, tested together with all {sliced.tests} that "
        f"could have been looked at, of {sliced.fields} field{'s' if sliced.fields != 1 else ''}"
    )
    say("shrunk: drawn towards the mean of all slices, as far as its noise asks for it")
    count = sliced.shown + len(sliced.left_out)
    if sliced.left_out:
        names = ", ".join(f"{value} ({n})" for value, n in list(sliced.left_out.items())[:10])
        more = " …" if len(sliced.left_out) > 10 else ""
        few = len(sliced.left_out)
        say(
            f"shown: {sliced.shown} of {count} slices, {few} {'has' if few == 1 else 'have'} under "
            f"{LEAST} samples: {names}{more}"
        )
    if sliced.without:
        say(f"samples that have no {sliced.field}: {sliced.without}")


def _n(samples: int, units: int) -> str:
    """Write how many samples there are, and in how many clusters."""
    return str(samples) if samples == units else f"{samples} in {units}"


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
