"""A run's record and summary → the sentences under its table: what its numbers do not tell.

Plain text; each format escapes it as it writes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.metrics.tools import METEOR_WORDS
from harness.report.dropped_rows import DROPPED_FILE
from harness.report.ladder_view import ladder_notes
from harness.report.split_notes import split_notes
from harness.stats import TOO_FEW_MATCHES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.records import Control, RunSummary, SystemSummary, TextsSummary

SEEN = 0.00005
"""The smallest difference that four decimals show."""
FEW = 30
"""Independent units under which every table warns: samples, or clusters of them."""
WORTH = ("CIDEr", "METEOR", "ROUGE_L")
"""Metrics on which the draws' worth is told; where there is none of them, the first."""
REPORTED_MARK = "†"
REPORTED_NOTE = f"{REPORTED_MARK} reported elsewhere, not measured by this run; without a signature"
OFTEN = 0.05
"""Share of texts with a flag from which on it is told."""
TOLD_ANYHOW = frozenset({"empty", "truncated"})
"""Flags that have a sentence of their own."""
FROM_THE_PICTURE = "of which from the picture"
SHOWN: Mapping[Control, str] = {
    "blind": "no image",
    "shuffled": "the image of another sample",
    "grey": "a grey image of the same size",
}
"""What each control shows in the place of a sample's images."""
NAMED = 3
"""Systems that a note names; of more it says how many."""
REASONS = 3
"""Reasons for missing answers that are told of a system: the most frequent ones."""
REASON_LENGTH = 200
"""Characters of a reason that are told; a server may send a page. The run's files have it whole."""


def notes_of(summary: RunSummary) -> list[str]:
    """Say what has to be known to read a run's table."""
    notes = [
        *summary.leakage,
        *ladder_notes(summary),
        *split_notes(summary),
        *_notes_on_texts(summary),
        *_notes_on_numbers(summary),
    ]
    if summary.dropped:
        kinds = ", ".join(f"{count} {reason}" for reason, count in summary.dropped.items())
        count = sum(summary.dropped.values())
        rows = "1 row" if count == 1 else f"{count} rows"
        notes.append(f"{rows} of the dataset left out: {kinds} ({DROPPED_FILE} names each)")
    if unknown := summary.unknown_ids:
        shown = ", ".join(unknown[:5]) + (" …" if len(unknown) > 5 else "")
        ids = "1 id" if len(unknown) == 1 else f"{len(unknown)} ids"
        notes.append(f"the dataset does not have {ids} of the predictions: {shown}")
    notes += _controls(summary)
    notes += summary.notices
    if summary.reported:
        notes.append(REPORTED_NOTE)
    return notes


def _controls(summary: RunSummary) -> Iterator[str]:
    """Say what controls are, and what is told by them."""
    shown = dict.fromkeys(s.control for s in summary.systems if s.control)
    if shown:
        each = "; ".join(f"{{{control}}} {SHOWN[control]}" for control in shown)
        yield f"controls, the same prompt shown something else, and no rivals of the others: {each}"
        tests = max((pair.family for pair in summary.grounding), default=0)
        yield (
            f"{FROM_THE_PICTURE}: a prompt's score less its control's, with a 95 % interval that "
            f"allows for all {tests} of these differences"
        )


def reasons_of(system: SystemSummary) -> str:
    """Say why a system lacks answers: its most frequent reasons, with how often each was given."""
    reasons = list(system.reasons.items())
    told = [
        _shortened(reason) if count == system.unscored else f"{count} × {_shortened(reason)}"
        for reason, count in reasons[:REASONS]
    ]
    if len(reasons) > REASONS:
        told.append(f"{len(reasons) - REASONS} further reasons")
    return ", ".join(told)


def flags_text(summary: RunSummary) -> str:
    """Say which systems' raw texts are often no bare answers: their flags over OFTEN."""
    told = []
    for system in summary.systems:
        often = [
            f"{flag.flag} {100 * flag.share:.0f} %"
            for flag in system.flags
            if flag.share > OFTEN and flag.flag not in TOLD_ANYHOW
        ]
        if often:
            told.append(f"{system.system} {', '.join(often)}")
    return "; ".join(told)


def missing_metrics(summary: RunSummary) -> dict[str, list[str]]:
    """Find the metrics that no system has a value of, by the reason that is given for it."""
    measured = {r.metric for r in summary.results if r.value is not None}
    missing: dict[str, list[str]] = {}
    for result in summary.results:
        if result.metric in measured:
            continue
        names = missing.setdefault(result.missing or "no reason was given", [])
        if result.metric not in names:
            names.append(result.metric)
    return missing


def _shortened(reason: str) -> str:
    return reason if len(reason) <= REASON_LENGTH else f"{reason[: REASON_LENGTH - 1]}…"


def _notes_on_texts(summary: RunSummary) -> Iterator[str]:
    """Say what is wrong with what the models wrote."""
    if unscored := [system for system in summary.systems if system.unscored]:
        told = (f"{s.system} {s.unscored} ({reasons_of(s)})" for s in unscored)
        yield f"unscored: {'; '.join(told)}"
    for status, text in (
        ("empty", "empty: answered with nothing, scored as that"),
        ("truncated", "cut off at max_tokens"),
        ("malformed", "not in the form that the prompt asks for (structured_outputs)"),
    ):
        if counts := _counts(summary.systems, status):
            yield f"{text}: {counts}"
    if flags := flags_text(summary):
        yield f"raw texts, before post-processing: {flags} ('harness compliance' shows which)"
    yield from _makers(summary)
    copied = [
        f"{line.system} {line.same_as_exemplar:.1%}"
        for line in summary.texts
        if line.same_as_exemplar is not None
    ]
    if copied:
        yield f"copies of an exemplar that the prompt shows: {', '.join(copied)}"
    for status, text in (
        ("declined", "step {} would have emptied a text, and left it as it was"),
        ("unapplied", "step {} did not apply, and left the text as it was"),
    ):
        for step, counts in _by_step(summary.systems, status).items():
            yield f"{text.format(step)}: {counts}"
    if "METEOR" in summary.metrics and (counts := _counts(summary.texts, "overlong")):
        yield f"over {METEOR_WORDS} words, and METEOR matches no more than those: {counts}"


def _makers(summary: RunSummary) -> Iterator[str]:
    """Say where the answers of one model come from more than one engine or version of it."""
    for system in summary.systems:
        if len(system.made_by) > 1:
            makers = ", ".join(f"{count} by {maker}" for maker, count in system.made_by.items())
            yield f"{system.system} has answers of more than one engine or version: {makers}"


def _counts(lines: Sequence[SystemSummary] | Sequence[TextsSummary], what: str) -> str:
    counts = ((line.system, getattr(line, what)) for line in lines)
    return ", ".join(f"{system} {count}" for system, count in counts if count)


def _by_step(systems: Sequence[SystemSummary], what: str) -> dict[str, str]:
    """Give for each post-processing step how often it did ``what``, by system."""
    counts: dict[str, list[str]] = {}
    for system in systems:
        for step, count in getattr(system, what).items():
            counts.setdefault(step, []).append(f"{system.system} {count}")
    return {step: ", ".join(told) for step, told in counts.items()}


def _notes_on_numbers(summary: RunSummary) -> Iterator[str]:
    """Say what the numbers do not tell by themselves."""
    for reason, names in missing_metrics(summary).items():
        yield f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} missing: {reason}"
    value = {(r.system, r.metric): r.value for r in summary.results}
    for system, raw in summary.raw.items():
        moved = {m: (value[system, m] or 0.0) - before for m, before in raw.items()}
        shown = [f"{m} {by:+.4f}" for m, by in moved.items() if abs(by) >= SEEN]
        if shown:
            yield f"post-processing moved {system}: {', '.join(shown)}"
    yield from _repeats(summary)
    draws = {s.system: s.draws for s in summary.systems}
    for system, best in summary.best_of.items():
        shown = [f"{metric} {score:.4f}" for metric, score in best.items()]
        yield (
            f"{system} is the mean of {draws[system]} draws; had the reference chosen the best: "
            + ", ".join(shown)
        )
    yield from _few(summary)
    yield from _carried_by_few(summary)
    if summary.uneven:
        of = (
            ""
            if set(summary.uneven) >= set(summary.metrics)
            else f" of {', '.join(summary.uneven)}"
        )
        yield f"no best{of} is marked: the systems were not scored on the same samples"
    n = _samples(summary)
    short = summary.short_references
    if short and {"BLEU_4", "CIDEr"} & set(summary.metrics):
        yield (
            f"{short} of {n} samples have references under 4 words: the same three words score "
            "BLEU_4 0.03 and CIDEr at most 7.5"
        )


def _samples(summary: RunSummary) -> int:
    return max((system.n for system in summary.systems), default=0)


def _few(summary: RunSummary) -> Iterator[str]:
    """Warn of few independent units: those of the system that has the most."""
    known = [(r.units, r.n_scored) for r in summary.results if r.units is not None]
    n = _samples(summary)
    units, samples = max(known, default=(n, n))
    if units >= FEW:
        return
    kind = "sample" if units == samples else "cluster"
    of = "" if units == samples else f" of {samples} samples"
    cider = ", and CIDEr depends on each" if "CIDEr" in summary.metrics else ""
    told = f"only {units} {kind}{'' if units == 1 else 's'}{of}"
    yield f"{told}: too few to tell prompts apart{cider}"


def _carried_by_few(summary: RunSummary) -> Iterator[str]:
    """Say which metrics a handful of samples carries, and of which systems."""
    measured: dict[str, set[str]] = {}
    few: dict[str, list[str]] = {}
    for result in summary.results:
        if result.value is not None:
            measured.setdefault(result.metric, set()).add(result.system)
        if result.no_interval == TOO_FEW_MATCHES:
            few.setdefault(result.metric, []).append(result.system)
    alike: dict[tuple[str, ...], list[str]] = {}
    for metric, systems in few.items():
        every = set(systems) == measured.get(metric)
        alike.setdefault(() if every else tuple(systems), []).append(metric)
    for names, metrics in alike.items():
        verb = "has" if len(metrics) == 1 else "have"
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        of = f" for {', '.join(names[:NAMED])}{more}" if names else ""
        yield f"{', '.join(metrics)} {verb} no interval{of}: {TOO_FEW_MATCHES}"


def _repeats(summary: RunSummary) -> Iterator[str]:
    """Say how far repeats lie apart, and what the draws of each system are worth in samples."""
    if noise := summary.noise_floor:
        floors = ", ".join(f"{metric} {sd:.4f}" for metric, sd in noise.difference_sd.items())
        told = floors or "not measured as a standard deviation ('harness score' on the run does)"
        texts = ", ".join(f"{system} {n}" for system, n in noise.differing.items())
        yield (
            f"noise floor of {noise.repeats} repeats, as the standard deviation of a difference: "
            f"{told}; samples whose texts differ between repeats: {texts}"
        )
    for system, varied in summary.draw_variance.items():
        shown = [metric for metric in WORTH if metric in varied] or list(varied)[:1]
        if shown:
            first = varied[shown[0]]
            units = f"{first.units} {_units(summary, system, shown[0], first.units)}"
            worth = ", ".join(f"{varied[name].equal_units:.0f} ({name})" for name in shown)
            yield (
                f"{system}: {first.draws:.3g} draws of {units} tell as much as 1 draw of {worth}"
            )


def _units(summary: RunSummary, system: str, metric: str, units: int) -> str:
    """Name what was drawn: samples that share an image or a cluster are one."""
    scored = {(r.system, r.metric): r.n_scored for r in summary.results}
    return "samples" if units == scored.get((system, metric)) else "clusters"
