"""A suite → which parts of it are code that its run executes on this machine.

Prompts, datasets and settings of a stranger are data. What is listed here is not: it should be read
before it is run. What installed packages add is listed too, since a run depends on it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.config.load import find_dataset
from harness.config.pipelines import pipelines_of
from harness.dataset.sources.table import SOURCES, added_sources
from harness.engines.protocol import ENGINES, REPLAY, added_engines
from harness.metrics.registry import METRICS, added_metrics
from harness.postprocess import added_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.additions import Addition
    from harness.records import Json, ModelConfig, Suite

IMPORTS = frozenset({
    "io_processor_plugin", "kv_connector_module_path", "logits_processors",
    "reasoning_parser_plugin", "tool_parser_plugin", "worker_extension_cls",
})  # fmt: skip
"""Engine arguments that name what is imported, whatever they say."""
MAY_IMPORT = frozenset({
    "backend", "data_parallel_backend", "distributed_executor_backend", "inductor_passes",
    "scheduler_cls", "worker_cls",
})  # fmt: skip
"""Engine arguments in which a plain word ("ray") is built in, and a dotted one is imported."""
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+(:[A-Za-z_]\w*)?|[A-Za-z_]\w*:[A-Za-z_]\w*")
"""Where a class or a function stands: package.module.Class, package.module:function."""


def used_additions(suite: Suite) -> tuple[Addition, ...]:
    """Give what of a suite installed packages add: steps, metrics, engines, formats of data."""
    shown = {
        variant.exemplars.dataset: variant.where.get("exemplars.dataset")
        for variant in suite.variants
        if variant.exemplars
    }
    data = [
        suite.dataset,
        *(find_dataset(name, suite.folder, asked=at) for name, at in sorted(shown.items())),
    ]
    replayed = [model for model in suite.models if model.engine == REPLAY]
    steps = [
        *(step for variant in suite.variants for step in variant.every_step),
        *(step for model in replayed for step in _replay_steps(model)),
    ]
    metrics = [s.name for s in suite.metrics if getattr(s, "kind", None) == "own"]
    tables = (
        (steps, added_steps),
        ([name for name in metrics if name not in METRICS], added_metrics),
        ([model.engine for model in suite.models if model.engine not in ENGINES], added_engines),
        ([config.format for config in data if config.format not in SOURCES], added_sources),
    )
    return tuple(
        added[name]
        for names, table in tables
        if names
        for added in [table()]
        for name in dict.fromkeys(names)
        if name in added
    )


def _replay_steps(model: ModelConfig) -> list[str]:
    steps, named = pipelines_of(model.args.get("postprocess"))
    return [*steps, *(step for pipeline in named.values() for step in pipeline)]


def code_parts(suite: Suite) -> tuple[str, ...]:
    """Name the parts of a suite that are code, a phrase each."""
    return (
        *(f"{each.kind} {each.name}: the package {each.label}" for each in used_additions(suite)),
        *(part for spec in suite.metrics for part in _metric_code(spec)),
        *(part for model in suite.models for part in _model_code(model)),
    )


def _metric_code(spec: Json) -> Iterator[str]:
    """Name the script of an ``evaluate`` metric: written as a mapping, or parsed already."""
    named = spec.get("evaluate") if isinstance(spec, dict) else None
    options = spec if isinstance(spec, dict) else {}
    if getattr(spec, "kind", None) == "evaluate":
        named, options = spec.name, spec.options
    if not named:
        return
    revision = options.get("revision")
    source = f"the Hub's {named} at {revision}" if revision else named
    yield f"metric {source}: a script of Hugging Face's evaluate"


def _model_code(model: ModelConfig) -> Iterator[str]:
    for place, value in _leaves(model.args):
        keys = set(place.split("."))
        if "trust_remote_code" in keys and value:
            yield f"model '{model.name}': trust_remote_code, the code that {model.model} brings"
        elif isinstance(value, str) and (
            (keys & IMPORTS and value)
            or (keys & MAY_IMPORT and _DOTTED.fullmatch(value))
            or value.endswith(".py")
        ):
            yield f"model '{model.name}': {place} imports {value}"


def _leaves(value: Json, place: str = "") -> Iterator[tuple[str, Json]]:
    """Give every value of nested arguments with its place; a list's items have that of the list."""
    if isinstance(value, dict):
        inner: Mapping[str, Json] = value
        for key, item in inner.items():
            yield from _leaves(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, place)
    else:
        yield place, value
