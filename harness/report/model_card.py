"""A scored run → Markdown for a model's card on the Hub: what its prompts reach without training.

The front matter is Hugging Face's ``model-index``; the text below holds the table with intervals,
and all that somebody needs who wants to have the same numbers again.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import StoreError
from harness.nearest import nearest
from harness.report.escape import markdown, markdown_line, visible
from harness.report.ladder_view import as_shown
from harness.report.table_notes import notes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.records import MetricResult, RunRecord, RunSummary, SystemSummary, VariantRecord

TASK = "image-text-to-text"
_KINDS = {"BLEU": "bleu", "ROUGE": "rouge", "METEOR": "meteor", "CIDEr": "cider", "chrF": "chrf"}
"""How a metric's name begins → how the Hub calls it; others are called by their own names."""


def model_card(
    run: RunRecord,
    summary: RunSummary,
    version: str,
    said: Sequence[str] = (),
    *,
    model: str | None = None,
) -> str:
    """Write the card of one model.

    Args:
        run: what was asked.
        summary: its numbers.
        version: a hash of the samples: what identifies the version of the dataset.
        said: the verdicts, a sentence each.
        model: whose card it is, where the run has several.

    Raises:
        StoreError: the run has no such model, or several and none is named.
    """
    name = _model(run, model)
    summary = as_shown(summary)
    systems = [each for each in summary.systems if each.model == name]
    alone = len(run.models) == 1
    parts = [
        *_front(run, summary, systems, version),
        f"## Zero-shot baseline on {markdown(run.dataset.name)}",
        "",
        *[line for sentence in (said if alone else ()) for line in (markdown_line(sentence), "")],
        *_table(summary, systems),
        "",
        *(f"- {markdown_line(note)}" for note in notes_of(summary)),
        "",
        *_data(run, version),
        *_prompts(run, systems),
        *_model_lines(run, name, systems),
        *_again(run),
        *_signatures(summary, systems),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _model(run: RunRecord, asked: str | None) -> str:
    names = list(run.models)
    if asked is None and len(names) > 1:
        raise StoreError(
            f"run {run.id} has {len(names)} models, and a card is about one",
            hint=f"--model names one of: {', '.join(names)}",
        )
    if asked is not None and asked not in names:
        raise StoreError(f"run {run.id} has no model '{asked}'", hint=nearest(asked, names))
    return asked or names[0]


def _front(
    run: RunRecord, summary: RunSummary, systems: Sequence[SystemSummary], version: str
) -> Iterator[str]:
    """Write the front matter; a measured value of each system and metric."""
    from huggingface_hub import EvalResult, ModelCardData

    split = run.dataset.split.name if run.dataset.split else None
    results = [
        EvalResult(
            task_type=TASK,
            dataset_type=run.dataset.name,
            dataset_name=run.dataset.name,
            dataset_split=split,
            dataset_revision=run.dataset.revision or version,
            metric_type=_kind(result.metric),
            metric_name=f"{result.metric} ({system.system})",
            metric_value=result.value,
            metric_args={
                "variant": system.variant,
                "decoding": system.decoding,
                "interval_95": list(result.interval) if result.interval else None,
                "n_scored": result.n_scored,
                "n_unscored": result.n_unscored,
                "signature": result.signature.long(),
            },
        )
        for system in systems
        for result in _of(summary, system)
        if result.value is not None
    ]
    yield "---"
    if results:
        model = run.models[systems[0].model]
        name = model.name if _is_folder(model.model) else model.model
        yield ModelCardData(model_name=name, eval_results=results).to_yaml().rstrip("\n")
    yield "---"
    yield ""


def _table(summary: RunSummary, systems: Sequence[SystemSummary]) -> Iterator[str]:
    yield f"| {' | '.join(['system', *map(markdown, summary.metrics), 'n', 'unscored'])} |"
    yield f"|---|{'---:|' * (len(summary.metrics) + 2)}"
    for system in systems:
        found = {result.metric: result for result in _of(summary, system)}
        cells = [_cell(found.get(metric)) for metric in summary.metrics]
        counts = [str(system.n - system.unscored), str(system.unscored)]
        yield f"| {' | '.join([markdown(system.system), *cells, *counts])} |"
    yield ""
    yield "In brackets: 95 % intervals."


def _cell(result: MetricResult | None) -> str:
    if result is None or result.value is None:
        return "–"
    if result.interval is None:
        return f"{result.value:.4f}"
    low, high = result.interval
    return f"{result.value:.4f} \\[{low:.4f}, {high:.4f}\\]"


def _data(run: RunRecord, version: str) -> Iterator[str]:
    data = run.dataset
    split = f", split {markdown(data.split.name)}" if data.split else ""
    look = f", look {data.split.look} at it" if data.split and data.split.look else ""
    yield "### Data"
    yield ""
    yield f"{markdown_line(data.name)}{split}{look}: {data.samples:,} samples, " + (
        f"{len(data.dropped):,} rows left out."
    )
    if data.description:
        yield markdown_line(data.description)
    if data.revision:
        yield f"Revision {markdown(data.revision)}."
    yield f"Version of the samples (ids, references, images): `{version}`."
    yield ""


def _prompts(run: RunRecord, systems: Sequence[SystemSummary]) -> Iterator[str]:
    yield "### Prompts"
    yield ""
    for name in dict.fromkeys(system.variant for system in systems):
        variant = run.variants[name]
        if variant.control:
            continue
        yield f"**{markdown(name)}**" + (
            f": {markdown(variant.description)}" if variant.description else ""
        )
        yield ""
        for role, text in _turns(variant):
            yield from (f"{role}:", "", *_fenced(text), "")
        for label, value in (
            ("variables", dict(variant.vars)),
            ("files that it includes", dict(variant.parts)),
            ("form of the answer", variant.structured_outputs),
            ("post-processing", variant.pipelines or list(variant.postprocess)),
        ):
            if value:
                yield from (f"{label}:", "", *_fenced(_json(value)), "")
        if variant.exemplars:
            yield from ("answers of its exemplars:", "")
            yield from (*_fenced("\n".join(variant.exemplar_answers)), "")


def _turns(variant: VariantRecord) -> Iterator[tuple[str, str]]:
    for message in variant.messages:
        yield message.role, message.content
    if not variant.messages:
        if variant.system:
            yield "system", variant.system
        yield "user", variant.user


def _model_lines(run: RunRecord, name: str, systems: Sequence[SystemSummary]) -> Iterator[str]:
    model = run.models[name]
    yield from ("### Model and decoding", "")
    # Where a folder was on this machine is nobody's business; the hash of its files identifies it.
    checkpoint = Path(model.model).name if _is_folder(model.model) else model.model
    known = {"checkpoint": checkpoint, "engine": model.engine, "arguments": dict(model.args)}
    yield from (*_fenced(_json({**known, "identity": model.identity})), "")
    names = {system.system for system in systems}
    decodings = {s.decoding.name: dict(s.decoding.params) for s in run.systems if s.name in names}
    yield from (*_fenced(_json(decodings)), "")


def _again(run: RunRecord) -> Iterator[str]:
    yield from ("### The same numbers again", "", *_fenced(shlex.join(run.command)), "")
    if run.git:
        changed = " with changes" if run.git.dirty else ""
        yield from (f"At commit `{visible(run.git.commit)}`{changed}.", "")
    versions = "\n".join(f"{package} {version}" for package, version in run.versions.items())
    yield from (*_fenced(versions), "")


def _signatures(summary: RunSummary, systems: Sequence[SystemSummary]) -> Iterator[str]:
    used: dict[str, list[str]] = {}
    for system in systems:
        for result in _of(summary, system):
            used.setdefault(result.signature.long(), []).append(system.system)
    every = len(systems)
    lines = [
        text if len(names) == every else f"{text}  ({', '.join(names)})"
        for text, names in used.items()
    ]
    yield from ("### How each number was computed", "", *_fenced("\n".join(lines)))


def _of(summary: RunSummary, system: SystemSummary) -> list[MetricResult]:
    return [result for result in summary.results if result.system == system.system]


def _is_folder(checkpoint: str) -> bool:
    return Path(checkpoint).is_absolute()


def _kind(metric: str) -> str:
    return next((kind for head, kind in _KINDS.items() if metric.startswith(head)), metric.lower())


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str)


def _fenced(text: str) -> list[str]:
    """Write a text as it stands, in a fence that is longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *(visible(line) for line in text.rstrip("\n").split("\n")), fence]
