"""What verbs have found → tables and sentences on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli.grid import Grid
from harness.cli.options import decoding_text
from harness.cli.output import say_sentences
from harness.contrast import (
    ordered,
    p_text,
    picture_sentences,
    sentences,
    signed,
    units_text,
)
from harness.report.table_notes import FEW
from harness.slices import LEAST
from harness.stats import MOST_UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.contrast import ComparedMetric
    from harness.pipeline.keeping.store_contents import Group
    from harness.pipeline.reading.comparing import RunComparison
    from harness.pipeline.reading.planning import Power
    from harness.pipeline.reading.run_list import RunRow
    from harness.pipeline.reading.slicing import SlicedRun
    from harness.records import Comparison


MANY = 28
"""Pairs, of eight systems, of which more are not all printed."""


UNEVEN = (
    "differences are on the samples that both have, scores on each system's own: a difference need "
    "not be that of the two scores"
)
"""Of slices where systems lack samples."""


def print_comparison(compared: RunComparison) -> None:
    """Print every pair on every metric, the letters and what may be said."""
    grid = Grid(
        ("metric", "candidate", "baseline", "difference", "95 % interval", "p", "verdict",
         "wins", "ties", "losses", "n"),
        left=3, names=3,
    )  # fmt: skip
    deciding = compared.metric(compared.deciding)
    many = len(deciding.pairs) > MANY
    shown = compared.told if many else compared.metrics
    for metric in shown:
        for pair in metric.pairs:
            grid.add(
                pair.metric,
                pair.candidate,
                pair.baseline,
                signed(pair.delta) + ("~" if compared.under_floor(pair) else ""),
                _ends(pair),
                p_text(pair),
                pair.verdict + ("" if pair.confirmatory else " (expl.)"),
                *map(str, (pair.wins, pair.ties, pair.losses)),
                _n(pair.n_paired, pair.units),
            )
        grid.end_section()
    grid.show()
    say_sentences(*compared.leakage)
    every = [pair for metric in compared.metrics for pair in metric.pairs]
    if not every:
        say_sentences(
            "no two of these systems have a sample in common that a metric says something about"
        )
    if any(compared.under_floor(pair) for pair in every):
        say_sentences("~ no larger than what repeats of the same prompt differ by")
    if any(not pair.confirmatory for pair in every):
        tests = max(pair.family for pair in every if not pair.confirmatory)
        said = "expl.: exploratory, not declared before the answers were there"
        if tests > 1:
            runs = "these runs" if compared.across else "this run"
            said += f"; intervals and p-values allow for all {tests} comparisons of {runs}"
        say_sentences(said)
    say_sentences(*compared.notes())
    _say_told(compared, many=many)
    if every:
        say_sentences(f"({every[0].exchanges} exchanges of answers, seed {every[0].seed})")


def _say_told(compared: RunComparison, *, many: bool) -> None:
    """Print the letters and the sentences on each metric of which they tell.

    Args:
        compared: all pairs.
        many: whether there are more than are all said.
    """
    deciding = compared.metric(compared.deciding)
    for metric in compared.told:
        if metric.pairs and not compared.across:
            say_sentences(_letters(metric, uneven=metric.metric in compared.uneven))
    if many:
        say_sentences(
            f"{len(deciding.pairs)} pairs: {' and '.join(compared.concluded)} alone "
            f"{'is' if len(compared.concluded) == 1 else 'are'} shown, and said of the first "
            f"{MANY}; --metric shows another, --json has all"
        )
    for metric in compared.told:
        say_sentences(*sentences(ordered(metric.pairs)[:MANY]))
    first = ordered(deciding.pairs)[:MANY]
    say_sentences(*compared.agreement((pair.baseline, pair.candidate) for pair in first))
    for name in compared.concluded:
        pictures = [pair for pair in compared.pictures if pair.metric == name]
        say_sentences(*picture_sentences(pictures, compared.controls, most=MANY))


def print_declared(compared: RunComparison) -> None:
    """Print how many declared comparisons are told apart, and what verdicts do not allow for."""
    if compared.verdict is None:
        say_sentences("", *compared.notes())
        return
    declared = [each for metric in compared.told for each in metric.pairs if each.confirmatory]
    said = []
    if len(declared) > 1:
        told = sum(each.verdict == "told apart" for each in declared)
        metrics = dict.fromkeys(each.metric for each in declared)
        what = "comparisons" if len(metrics) > 1 else "pairs"
        on = f" on {' and '.join(metrics)}" if len(metrics) > 1 else ""
        verb = "is" if told == 1 else "are"
        said.append(
            f"Of the {len(declared)} declared {what}{on} {told} {verb} told apart "
            "(harness compare)."
        )
    if said := [*said, *compared.notes()]:
        say_sentences("", *said)


def print_power(power: Power) -> None:
    """Print what each pair's units can show, metric by metric."""
    for each in (power, *power.further):
        _print_power(each)
    say_sentences(*(f"Undecided: {text}." for text in power.undecided))


def _print_power(power: Power) -> None:
    header = ["candidate", "baseline", "over", "smallest shown", "95 % interval"]
    if power.difference is not None:
        header.append(f"units for {power.difference:g}")
    grid = Grid(header, left=2, names=2)
    for pair in power.pairs:
        low, high = pair.between or (None, None)
        cells = [
            pair.candidate,
            pair.baseline,
            str(pair.comparisons or "–"),
            (pair.reason or "–") if pair.smallest is None else f"{pair.smallest:.4f}",
            "–" if low is None else f"{low:.4f} … {high:.4f}",
        ]
        if power.difference is not None:
            many = "too many" if pair.uncounted else "–"
            cells.append(many if pair.needed is None else f"{pair.needed:,}")
        grid.add(*cells)
    grid.show()
    say_sentences(
        f"{power.metric}: the true differences that {units_text(power.samples, power.units)} tell "
        "apart in 80 % of trials; over: comparisons that are tested together"
    )
    if any(pair.uncounted for pair in power.pairs):
        say_sentences(f"too many: more than {MOST_UNITS:,} units, which are not counted")


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
            f"{score.interval[0]:.4f} … {score.interval[1]:.4f}"
            if score.interval
            else score.no_interval or "–",
            f"{pair.delta:+.4f}" if pair else "",
            "" if score.shrunk is None else f"{score.shrunk:+.4f}",
            ("" if pair is None else "–") if low is None else f"{low:+.4f} … {high:+.4f}",
            p_text(pair) if pair else "",
            _n(score.n, score.units) + ("°" if score.units < FEW else ""),
        )
        before = score.value
    grid.show()
    say_sentences(*sliced.leakage)
    say_sentences(
        f"exploratory: differences to the baseline {sliced.baseline}, tested together with all "
        f"{sliced.tests} that could have been looked at, of {sliced.fields} "
        f"field{'s' if sliced.fields != 1 else ''}"
    )
    if sliced.uneven:
        say_sentences(UNEVEN)
    if any(score.units < FEW for score in sliced.scores):
        say_sentences(f"° under {FEW} independent units: little can be told")
    if any(score.shrunk is not None for score in sliced.scores):
        say_sentences(
            "shrunk: drawn towards the mean of all slices, as far as its noise asks for it"
        )
    else:
        say_sentences("shrunk: nothing is, for how far so few slices lie apart cannot be told")
    count = sliced.shown + len(sliced.left_out)
    if sliced.left_out:
        names = ", ".join(f"{value} ({n})" for value, n in list(sliced.left_out.items())[:10])
        more = " …" if len(sliced.left_out) > 10 else ""
        few = len(sliced.left_out)
        say_sentences(
            f"shown: {sliced.shown} of {count} slices, {few} {'has' if few == 1 else 'have'} under "
            f"{LEAST} samples: {names}{more}"
        )
    if sliced.without:
        say_sentences(f"samples that have no {sliced.field}: {sliced.without}")


def _letters(compared: ComparedMetric, *, uneven: bool) -> str:
    """Say who shares a letter, or why nobody has one.

    Args:
        compared: all pairs on a metric.
        uneven: whether systems were scored on different samples.
    """
    on = " on the samples that all have" if uneven else ""
    if compared.letters:
        held = ", ".join(f"{name} {letters}" for name, letters in compared.letters.items())
        return f"{compared.metric}, best first{on} (who shares a letter is not told apart): {held}"
    return (
        f"no letters on {compared.metric}: they stand where all pairs share samples and are "
        "compared alike"
    )


def _ends(pair: Comparison) -> str:
    return "–" if pair.interval is None else " … ".join(map(signed, pair.interval))


def _n(samples: int, units: int) -> str:
    """Write how many samples there are, and in how many clusters."""
    return str(samples) if samples == units else f"{samples} in {units} clusters"


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
