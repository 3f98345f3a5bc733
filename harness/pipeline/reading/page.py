"""A scored run → ``report.html`` and the files beside it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from harness.compliance import FLAGS
from harness.pipeline.reading.answered import Answered
from harness.pipeline.reading.boards import boards, system_entries
from harness.pipeline.reading.deciding import DECIDING
from harness.pipeline.reading.prompts_shown import prompts_shown
from harness.pipeline.reading.shown_samples import filter_fields, said_of, shown_samples
from harness.pipeline.reading.slice_panels import slices_entry
from harness.pipeline.reading.slicing import slice_all
from harness.report import page_files
from harness.report.html import Account, html_page
from harness.report.ladder_view import hidden
from harness.report.page_data import GalleryEntry, PageData, script
from harness.report.sample_files import MAX_PICTURES, SampleFiles
from harness.report.thumbnails import Thumbnails, size_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.pipeline.reading.comparing import RunComparison
    from harness.pipeline.reading.effects import RunEffects
    from harness.records import RunRecord, RunSummary, Sample
    from harness.report.page_data import FieldEntry, SystemEntry
    from harness.store.run_folder import RunFolder


def write_page(
    folder: RunFolder,
    run: RunRecord,
    summary: RunSummary,
    samples: Sequence[Sample],
    *,
    answered: Answered | None,
    told: RunComparison | None,
    effects: RunEffects | None,
    undecided: Sequence[str],
    said: Sequence[str],
) -> None:
    """Write the page of a run; ``report.html`` is the last of its files.

    Args:
        folder: of the run.
        run: ``run.json``.
        summary: its numbers, as a ladder shows them.
        samples: of the run.
        answered: the run as it was scored just now, with what need not be found again.
        told: its systems in pairs; None where nothing is said of them.
        effects: what its choices do; None where it tells none.
        undecided: why nothing is decided of what the suite declares; empty: something is.
        said: a sentence for each pair, and what a reader of them has to know.

    Raises:
        StoreError: a file of the run is damaged, or one cannot be written.
    """
    systems = system_entries(summary, hidden(summary))
    deciding = deciding_metric(run, summary, told)
    laid = boards(
        summary,
        told,
        effects.effects if effects else (),
        undecided={deciding: undecided} if undecided else {},
    )
    page_files.prepare(folder.path)
    shown, chosen = shown_samples(folder, summary, samples, deciding)
    known = answered if answered and not chosen else Answered(folder, run, shown)
    files, fields = _write_samples(folder, summary, known, systems, whole=not chosen)
    places = {system.name: i for i, system in enumerate(systems)}
    compared = told is not None and told.metric(told.deciding).pairs
    sliced = slices_entry(slice_all(folder), places) if compared and not chosen else None
    page = PageData(
        suite=run.suite,
        run=run.id,
        deciding=summary.metrics.index(deciding) if deciding in summary.metrics else 0,
        systems=systems,
        boards=laid,
        slices=sliced,
        gallery=GalleryEntry(
            samples=len(samples),
            shown=len(shown),
            chosen=chosen,
            chunks=files.chunks,
            fields=fields,
            flags=tuple(FLAGS),
        ),
    )
    write = partial(_write, folder)
    write("data.js", script("harnessPage", page))
    page_files.write_parts(write)
    page_files.remove_older(folder.path, files.chunks)
    account = Account(
        said=tuple(said),
        effects=tuple(effects.sentences()) if effects else (),
        absent=files.absent,
        spent=files.spent,
        exploratory=told.exploratory if told else None,
        prompts=prompts_shown(folder, run),
        tests=_tests_text(told),
    )
    folder.write_text("report.html", html_page(run, summary, page, account))


def _write_samples(
    folder: RunFolder,
    summary: RunSummary,
    answered: Answered,
    systems: Sequence[SystemEntry],
    *,
    whole: bool,
) -> tuple[SampleFiles, tuple[FieldEntry, ...]]:
    """Write the samples that are shown, and their small pictures.

    Args:
        folder: of the run.
        summary: its numbers.
        answered: those samples.
        systems: of the run.
        whole: whether they are all.

    Returns:
        What has been written, and what it can be filtered by.
    """
    shown = answered.samples
    fields, columns = filter_fields(shown, whole=whole)
    names = [system.name for system in systems]
    scores = folder.score_matrix(names, summary.metrics, [sample.id for sample in shown])
    scores[[system.hidden for system in systems]] = float("nan")
    images = sum(min(len(sample.media), MAX_PICTURES) for sample in shown)
    thumbnails = Thumbnails(folder.path, size_for(images))
    files = SampleFiles(partial(_write, folder), names, scores, columns, thumbnails, folder.path)
    for sample, answers in said_of(folder, answered, summary):
        files.add(sample, answers)
    files.close()
    return files, fields


def _write(folder: RunFolder, name: str, text: str) -> None:
    folder.write_text(f"{page_files.FOLDER}/{name}", text)


def _tests_text(told: RunComparison | None) -> str:
    """Say how differences were tested."""
    pairs = [pair for metric in told.metrics for pair in metric.pairs] if told else []
    if not pairs:
        return ""
    families = sorted({pair.family for pair in pairs})
    return (
        f"answers exchanged {pairs[0].exchanges:,} times within units, seed {pairs[0].seed}; "
        f"{' and '.join(f'{family:,}' for family in families)} comparisons tested together"
    )


def deciding_metric(run: RunRecord, summary: RunSummary, told: RunComparison | None) -> str:
    """Name the metric that a page is about first; empty where there is none."""
    if told:
        return told.deciding
    declared = run.decide.metrics if run.decide else ()
    ladder = (summary.ladder.metric,) if summary.ladder else ()
    wanted = (*ladder, *declared, *DECIDING, *summary.metrics)
    scored = {r.metric for r in summary.results if r.value is not None}
    return next((name for name in wanted if name in scored), "")
