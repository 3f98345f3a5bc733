"""The table of metrics that a suite may name: MetricSpec → Metric, or why there is none.

A metric is one of ``METRICS``, or one that an installed package adds (``harness.additions``).
"""

from __future__ import annotations

from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any

from harness.additions import Addition, additions
from harness.errors import MetricError
from harness.nearest import nearest
from harness.records import MetricSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.metrics.metric import Metric
    from harness.metrics.tools import ScoringTools
    from harness.records import Json

METRICS: dict[str, str] = {
    "bleu": "harness.metrics.caption:Bleu",
    "rouge_l": "harness.metrics.caption:RougeL",
    "meteor": "harness.metrics.meteor:Meteor",
    "cider": "harness.metrics.caption:Cider",
    "exact_match": "harness.metrics.exact:ExactMatch",
    "keywords": "harness.metrics.keywords:Keywords",
    "chrf": "harness.metrics.chrf:Chrf",
    "length_ratio": "harness.metrics.diversity:LengthRatio",
    "semantic_similarity": "harness.metrics.semantic:SemanticSimilarity",
    "bertscore": "harness.metrics.bertscore:BertScore",
}
"""Name in a suite's ``metrics:`` → where its class is; imported when first asked for."""

_KINDS = {str: "str", int: "int", bool: "bool", float: "float", type(None): "None"}
"""Type of an option's value → how a metric's ``__init__`` writes it."""
_NAMES = {
    "str": "a text", "int": "a whole number", "bool": "true or false", "float": "a number",
    "None": "null",
}  # fmt: skip

UNRANKED = frozenset({"LENGTH_RATIO"})
"""Columns where more is not better."""

UNAVAILABLE: dict[str, str] = {
    "spice": (
        "SPICE cannot be computed: the models of its parser (stanford-corenlp-3.6.0-models.jar) "
        "are in no package registry, and it fails on Java 16 and later"
    ),
}
"""Name → why the metric of that name is not to be had."""


def added_metrics() -> Mapping[str, Addition]:
    """Give the metrics that packages add.

    Raises:
        ConfigError: two metrics have one name.
    """
    return additions("metric", {*METRICS, *UNAVAILABLE})


def parse_spec(written: Json) -> MetricSpec:
    """Read a metric as ``metrics:`` or ``--metric`` writes it.

    Raises:
        MetricError: it is neither a name, nor one name with a mapping of options, nor a module of
            Hugging Face's ``evaluate``.
    """
    try:
        return MetricSpec.of(written)
    except ValueError as error:
        raise MetricError(str(error), hint="for example {keywords: {field: ingredients}}") from None


def check_specs(specs: Sequence[MetricSpec]) -> None:
    """Check that metrics can be had, have their options and stand once; nothing is computed.

    Raises:
        MetricError: one cannot, or stands twice, which would give two columns one name.
    """
    from harness.metrics.tools import ScoringTools

    seen: set[tuple[str, str]] = set()
    giving: dict[str, str] = {}
    for spec in specs:
        check_spec(spec)
        if spec.options and spec.kind == "own":
            create(spec, ScoringTools(tokenizer="none"))  # a metric knows which values it can mean
        if (spec.kind, spec.name) in seen:
            raise MetricError(f"the metric '{spec.name}' is listed twice")
        seen.add((spec.kind, spec.name))
        for column in columns_of(spec.name) if spec.kind == "own" else ():
            other = giving.setdefault(column, spec.name)
            if other != spec.name:
                raise MetricError(f"{other} and {spec.name} both give a column '{column}'")


def check_spec(spec: MetricSpec) -> None:
    """Check that a metric can be had and has the options that are set; nothing is computed.

    Raises:
        MetricError: no metric has this name, it cannot be had, or it has no such option or none of
            such a value.
    """
    if spec.kind == "evaluate":
        from harness.metrics.hf import check_module

        check_module(spec)
        return
    name = spec.name
    if name in UNAVAILABLE:
        raise MetricError(UNAVAILABLE[name], hint=f"leave {name} out of the suite's metrics")
    if name not in METRICS and name not in (added := added_metrics()):
        spelt = next((known for known in METRICS if known == name.lower()), None)
        hint = f"did you mean '{spelt}'?" if spelt else nearest(name, (*METRICS, *added))
        raise MetricError(f"no metric is named '{name}'", hint=hint)
    possible = options_of(name)
    for option, value in spec.options.items():
        if option not in possible:
            hint = f"its options: {', '.join(possible)}" if possible else "it has no options"
            raise MetricError(f"metric {name} has no option '{option}'", hint=hint)
        kinds = possible[option]
        if _KINDS.get(type(value)) not in kinds:
            wanted = " or ".join(_NAMES[kind] for kind in kinds)
            raise MetricError(f"metric {name}: {option} is {value!r:.60}, not {wanted}")


def options_of(name: str) -> dict[str, list[str]]:
    """Give the options of a metric that there is, each with the types that it may have."""
    _, *taken = signature(_class(name)).parameters.values()
    return {each.name: _annotation(each.annotation).split(" | ") for each in taken}


def columns_of(name: str) -> tuple[str, ...]:
    """Give the columns of a metric that there is, in order."""
    columns: tuple[str, ...] = _class(name).columns
    return columns


def bounds_of(spec: MetricSpec) -> tuple[float, float] | None:
    """Give what no score of a metric leaves; None: there are no such bounds, or none are known."""
    bounds: tuple[float, float] | None = getattr(_class(spec.name), "bounds", None)
    return bounds


def columns_given(specs: Sequence[MetricSpec]) -> dict[str, MetricSpec]:
    """Give the columns of metrics, and what gives each.

    What a module of ``evaluate`` gives is known once it has computed; it is left out, and so is
    what cannot be had.
    """
    known = {*METRICS, *added_metrics()}
    own = [spec for spec in specs if spec.kind == "own" and spec.name in known]
    return {column: spec for spec in own for column in columns_of(spec.name)}


def ranked(column: str) -> bool:
    """Tell whether more of a column is better, so that it can decide something."""
    return column not in UNRANKED


def create(spec: MetricSpec | Json, tools: ScoringTools) -> Metric:
    """Make a metric of ours; ``tools`` are the tokeniser and METEOR processes it may share.

    Args:
        spec: parsed, or as a suite writes it.
        tools: shared by the metrics of a run.

    Raises:
        MetricError: no metric has this name, it cannot be had, or an option is wrong.
    """
    parsed = spec if isinstance(spec, MetricSpec) else parse_spec(spec)
    check_spec(parsed)
    made = _class(parsed.name)(tools, **parsed.options)
    metric: Metric = made if parsed.name in METRICS else _added(parsed.name, made)
    return metric


def _class(name: str) -> Any:
    if name not in METRICS:
        return added_metrics()[name].load()
    module, _, attribute = METRICS[name].partition(":")
    return getattr(import_module(module), attribute)


def _added(name: str, made: Any) -> Metric:
    from harness.metrics.added import AddedMetric

    return AddedMetric(added_metrics()[name], made)


def _annotation(written: Any) -> str:
    """Write an annotation as ``from __future__ import annotations`` leaves it."""
    return written.__name__ if isinstance(written, type) else str(written)
