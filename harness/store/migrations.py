"""Files of runs that older versions wrote → their present form, in memory; nothing is rewritten.

Version 1 (until 0.1): metrics were named by canonical JSON, dropped rows were a bare number in the
summary, and who made a completion was not known.
Version 2 (until 0.2): nothing was declared; what such a run lacks has a default.
Both had a second interval of each number (``percentile``) and one resampling for all of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.records import RUN_SCHEMA, MetricSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import Json

_FAMILIES = {
    "bleu": ("BLEU_1", "BLEU_2", "BLEU_3", "BLEU_4"),
    "rouge_l": ("ROUGE_L",),
    "meteor": ("METEOR",),
    "cider": ("CIDEr",),
    "exact_match": ("EXACT", "EXACT_NORM"),
    "keywords": ("KEYWORD_P", "KEYWORD_R", "KEYWORD_F1"),
    "chrf": ("chrF",),
    "length_ratio": ("LENGTH_RATIO",),
    "semantic_similarity": ("SEMANTIC",),
    "bertscore": ("BERTSCORE_P", "BERTSCORE_R", "BERTSCORE_F1"),
}
"""Metric of version 1 → its columns, which the summaries of that time do not tell."""


def run_up_to_date(value: dict[str, Any]) -> dict[str, Any]:
    """Bring ``run.json`` up to date."""
    if value["schema"] > 1:
        return {**value, "schema": RUN_SCHEMA}
    models = value.get("models", {})
    return {
        **value,
        "schema": RUN_SCHEMA,
        "metrics": [_spec(written) for written in value.get("metrics", [])],
        "models": {name: {"name": name, **model} for name, model in models.items()},
        "cost": _cost(value.get("cost")),
    }


def summary_up_to_date(value: dict[str, Any], asked: Sequence[MetricSpec]) -> dict[str, Any]:
    """Bring ``summary.json`` up to date.

    Args:
        value: the file.
        asked: the metrics of the run, whose options the summary of version 1 does not tell.
    """
    if value["schema"] < 3:
        value = _as_estimated(value)
    if value["schema"] > 1:
        return {**value, "schema": RUN_SCHEMA}
    by_name = {spec.name: spec for spec in asked if spec.kind == "own"}
    dropped = value.get("dropped", 0)
    specs: dict[str, MetricSpec] = {}
    results = []
    for result in value.get("results", []):
        name = _family(result)
        spec = by_name.get(name) or MetricSpec(
            name=name, kind="own" if name in _FAMILIES else "evaluate"
        )
        specs[spec.label] = spec
        results.append({**result, "family": spec.label})
    return {
        **value,
        "schema": RUN_SCHEMA,
        "specs": list(specs.values()),
        "dropped": {"not told by that version": dropped} if dropped else {},
        "results": results,
        "cost": _cost(value.get("cost")),
    }


def sample_up_to_date(value: dict[str, Any]) -> dict[str, Any]:
    """Bring a line of ``samples.jsonl`` up to date: an image was always a file by itself."""
    media = value.get("media")
    return {**value, "media": [_media(ref) for ref in media]} if isinstance(media, list) else value


def family_up_to_date(name: str) -> str:
    """Give the label of a metric that ``statistics.npz`` names; version 1 wrote canonical JSON."""
    if not name.startswith("{"):
        return name
    return MetricSpec.of(json.loads(name)).label


def _media(ref: Json) -> Json:
    if not isinstance(ref, dict) or "path" not in ref:
        return ref
    facts = {name: fact for name, fact in ref.items() if name != "path"}
    return {"place": {"type": "file", "path": ref["path"]}, **facts}


def _as_estimated(value: dict[str, Any]) -> dict[str, Any]:
    """Tell of results what they are over, as far as it is known, and on which none is best.

    How many clusters there were is not: units are samples, of what has an interval. Nor is which
    samples were scored, only how many.
    """
    results = [
        {
            **{name: fact for name, fact in result.items() if name != "percentile"},
            "units": result.get("n_scored") if result.get("interval") else None,
        }
        for result in value.get("results", [])
    ]
    counts: dict[str, set[int]] = {}
    for result in results:
        if scored := result.get("n_scored"):
            counts.setdefault(result.get("metric", ""), set()).add(scored)
    unsure = {r.get("metric") for r in results if r.get("n_scored") and r.get("n_unscored")}
    return {
        **{name: fact for name, fact in value.items() if name != "resampling"},
        "results": results,
        "uneven": [name for name, each in counts.items() if len(each) > 1 or name in unsure],
    }


def _spec(written: Json) -> Json:
    if isinstance(written, dict) and {"name", "options", "kind"} <= written.keys():
        return written
    spec = MetricSpec.of(written)
    return {"name": spec.name, "options": dict(spec.options), "kind": spec.kind}


def _family(result: dict[str, Any]) -> str:
    column = result.get("metric", "")
    return next((name for name, columns in _FAMILIES.items() if column in columns), column)


def _cost(cost: dict[str, Any] | None) -> dict[str, Any] | None:
    if not cost:
        return None
    return {
        "images": None,
        "images_per_second": None,
        "generated_tokens": {},
        "money": None,
        **cost,
    }
