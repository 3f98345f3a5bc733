"""A run and one of its prompts → lines to fine-tune on: the chat with its images, and a reference.

Each line is a JSON object: ``messages`` with parts of text and places of images, ``images`` (their
files, in the order of the places), and the sample's ``id``, ``split`` and ``reference``, the number
of the one that the assistant says. It is the form that TRL's SFTTrainer takes of a vision dataset.

What was evaluated is locked out: lines come of another split than the run's, never of a sealed one,
and no sample that shares an id, an image or a cluster with one of the run is among them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config.load import load_suite
from harness.dataset.converting import copy_images
from harness.errors import DataError, StoreError
from harness.nearest import nearest
from harness.pipeline.asking.confirming import different, suite_of_run
from harness.pipeline.asking.plan import Choice, make_plan
from harness.pipeline.asking.record import variant_record
from harness.records import ImagePart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from harness.pipeline.asking.plan import Plan
    from harness.pipeline.looking.data_check import Progress
    from harness.records import (
        RenderedPrompt,
        RunRecord,
        Sample,
        SplitRecord,
        Splits,
        Suite,
        VariantRecord,
    )
    from harness.store.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    file: Path
    images: Path
    """The folder of the images; the lines name them from the file's own folder."""
    lines: int
    samples: int
    files: int
    """Images."""
    split: str
    evaluated: str
    """The split of the run, which is locked out."""
    left_out: int
    """Samples that share an id, an image or a cluster with one that was evaluated, or an image with
    an exemplar of the prompt."""


def export_fine_tuning(
    folder: RunFolder,
    variant: str,
    progress: Progress,
    *,
    split: str | None = None,
    to: Path | None = None,
) -> Exported:
    """Write the lines of a prompt variant; the file is there whole or not at all.

    Args:
        folder: the run.
        variant: one of its prompt variants, as the run asked it.
        progress: told how far it is.
        split: whose samples; default: the one that is neither the run's nor sealed.
        to: the file; default: SUITE-VARIANT-SPLIT.jsonl, here.

    Raises:
        StoreError: the run has no such variant, or the prompt or the splits have changed since.
        DataError: no split may be used, nothing is left of it, or something is there already or
            cannot be written.
        HarnessError: the suite or its dataset cannot be read.
    """
    run = folder.run()
    _refuse_variant(run, variant)
    suite = load_suite(suite_of_run(folder, run))
    chosen = _split(suite, run, split)
    file = to or Path(_file_name(f"{run.suite}-{variant}-{chosen}") + ".jsonl")
    images = file.with_name(f"{file.stem}-images")
    for path in (file, images):
        if os.path.lexists(path):  # a link that leads nowhere is there, too
            raise DataError(f"{path} is there already", hint="nothing is overwritten: name another")
    progress.stage(f"reading split {chosen} of {suite.dataset.name}")
    plan = _plan(suite, run.variants[variant], variant, chosen)
    if changed := different(run.variants[variant], variant_record(plan, plan.variant(variant))):
        raise StoreError(
            f"variant '{variant}' has changed since run {run.id}: {', '.join(changed)}",
            hint="run the suite again, and export of that run",
        )
    shown = plan.exemplars.get(variant, ())
    samples = _unseen(plan.samples, folder.samples(), shown)
    if not samples:
        raise DataError(f"no sample of split '{chosen}' is left", where=suite.dataset.where)
    progress.stage(f"writing {file}")
    lines, files = _write(file, images, samples, shown, plan, variant, chosen, progress)
    return Exported(
        file=file,
        images=images,
        lines=lines,
        samples=len(samples),
        files=files,
        split=chosen,
        evaluated=run.dataset.split.name if run.dataset.split else "",
        left_out=len(plan.samples) - len(samples),
    )


def _refuse_variant(run: RunRecord, variant: str) -> None:
    """Refuse what is no prompt of the run to train on.

    Raises:
        StoreError: it is not there, is a control, or gives away samples under test.
    """
    own = [name for name, record in run.variants.items() if record.control is None]
    if variant not in own:
        raise StoreError(
            f"run {run.id} has no prompt variant '{variant}'", hint=nearest(variant, own)
        )
    if run.leakage:
        raise StoreError(
            f"prompts of run {run.id} give away samples under test: {run.leakage[0]}",
            hint="export of a run without 'allow_leakage'",
        )


def _split(suite: Suite, run: RunRecord, asked: str | None) -> str:
    """Find the split whose samples may be trained on.

    Raises:
        StoreError: the run is of no split, or the splits have changed since.
        DataError: none may be, or not the one that is asked for.
    """
    evaluated, now = run.dataset.split, suite.dataset.choosing.splits
    name, where = suite.dataset.name, suite.dataset.where
    if evaluated is None:
        raise StoreError(
            f"run {run.id} evaluated all of '{run.dataset.name}': nothing is left to train on",
            hint=f"'harness data split {name} --splits train=0.6,dev=0.2,test=0.2 --seal test' "
            "shows how to divide it; then run the suite again",
        )
    if now is None or _division(now) != _division(evaluated):
        raise StoreError(
            f"the splits of dataset '{name}' have changed since run {run.id}",
            hint="run the suite again, so that what was evaluated is known",
        )
    free = [each for each in now.shares if each != evaluated.name and each not in now.sealed]
    if asked is None:
        if free:
            return free[0]
        raise DataError(
            f"no split of dataset '{name}' may be trained on: '{evaluated.name}' was evaluated"
            + (f", and {_names(now.sealed)} sealed" if now.sealed else ""),
            where=where,
            hint="declare one more, 'splits: {dev: 0.2, test: 0.2, train: 0.6, sealed: [test]}', "
            "and run the suite again",
        )
    if asked not in now.shares:
        raise DataError(
            f"dataset '{name}' has no split '{asked}'", where=where, hint=nearest(asked, now.shares)
        )
    if asked not in free:
        why = "was evaluated by this run" if asked == evaluated.name else "is sealed"
        raise DataError(
            f"split '{asked}' {why}, and is never exported to train on",
            where=where,
            hint=f"free: {', '.join(free)}" if free else None,
        )
    return asked


def _division(splits: Splits | SplitRecord) -> tuple[object, ...]:
    return (*splits.shares.items(), *splits.sealed)


def _names(names: Sequence[str]) -> str:
    quoted = " and ".join(f"'{name}'" for name in names)
    return f"{quoted} {'is' if len(names) == 1 else 'are'}"


def _plan(suite: Suite, record: VariantRecord, variant: str, split: str) -> Plan:
    """Load the split and compile the prompt, with the variables of the run; no model is looked at.

    Raises:
        StoreError: the suite has no such variant any more.
    """
    kept = tuple(
        replace(each, vars=dict(record.vars)) for each in suite.variants if each.name == variant
    )
    if not kept:
        raise StoreError(
            f"the suite '{suite.name}' has no variant '{variant}' any more",
            hint=nearest(variant, [each.name for each in suite.variants]),
        )
    alone = replace(
        suite, variants=kept, baseline=variant, models=(), controls={}, decide=None, metrics=()
    )
    return make_plan(alone, Choice(split=split))


def _unseen(
    samples: Iterable[Sample], evaluated: Iterable[Sample], shown: Iterable[Sample]
) -> list[Sample]:
    """Leave out what shares an id, an image or a cluster with a sample that was evaluated.

    The splits of a dataset do not share them; this holds where its files have changed since. What
    the prompt itself shows as an exemplar is left out, too.
    """
    ids: set[str] = set()
    images: set[str] = set()
    clusters: set[str | None] = set()
    for sample in evaluated:
        ids.add(sample.id)
        images.update(ref.sha256 for ref in sample.media)
        clusters.add(sample.cluster)
    images.update(ref.sha256 for sample in shown for ref in sample.media)
    clusters.discard(None)
    return [
        sample
        for sample in samples
        if sample.id not in ids
        and sample.cluster not in clusters
        and images.isdisjoint(ref.sha256 for ref in sample.media)
    ]


def _write(
    file: Path,
    images: Path,
    samples: Sequence[Sample],
    shown: Sequence[Sample],
    plan: Plan,
    variant: str,
    split: str,
    progress: Progress,
) -> tuple[int, int]:
    """Write images, then lines, and give both their names once they are whole.

    Raises:
        DataError: an image has gone or changed, or a file cannot be written.
    """
    waiting = [path.with_name(f".{path.name}.{os.getpid()}") for path in (file, images)]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        names = copy_images(
            [*samples, *shown], waiting[1], lambda done: progress.so_far(f"{done:,} images")
        )
        places = {digest: f"{images.name}/{name}" for digest, name in names.items()}
        with waiting[0].open("w", encoding="utf-8", newline="\n") as out:
            lines = _write_lines(out, samples, plan, variant, split, places)
        waiting[1].rename(images)
        waiting[0].rename(file)
    except OSError as error:
        raise DataError(f"{file} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(waiting[1], ignore_errors=True)
        with suppress(OSError):
            waiting[0].unlink()
    return lines, len(names)


def _write_lines(
    out: TextIO,
    samples: Iterable[Sample],
    plan: Plan,
    variant: str,
    split: str,
    places: Mapping[str, str],
) -> int:
    lines = 0
    for sample in samples:
        prompt = plan.renderers[variant].render(sample)
        for number, reference in enumerate(sample.references):
            line = {
                "id": sample.id,
                "split": split,
                "reference": number,
                "messages": [*_turns(prompt), _turn("assistant", [_text(reference)])],
                "images": [places[digest] for digest in _shown_in(prompt)],
            }
            out.write(f"{json.dumps(line, ensure_ascii=False)}\n")
            lines += 1
    return lines


def _turns(prompt: RenderedPrompt) -> Iterator[dict[str, Any]]:
    for message in prompt.messages:
        parts = [
            {"type": "image"} if isinstance(part, ImagePart) else _text(part.text)
            for part in message.parts
        ]
        yield _turn(message.role, parts)


def _shown_in(prompt: RenderedPrompt) -> Iterator[str]:
    """Give the images' hashes in the order of their places."""
    for message in prompt.messages:
        for part in message.parts:
            if isinstance(part, ImagePart):
                yield prompt.media[part.index].sha256


def _turn(role: str, parts: list[dict[str, str]]) -> dict[str, Any]:
    return {"role": role, "content": parts}


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _file_name(text: str) -> str:
    """Make a name that every file system takes of the names of suite, variant and split."""
    return re.sub(r"[^\w.-]+", "-", text, flags=re.ASCII).strip("-.")
