"""What a metric is, and the table of those that a suite may name.

A metric turns texts into a matrix of *sufficient statistics*, a row a sample, whose sums over any
multiset of samples are enough to compute its score there. So one pass over the texts serves the
corpus score, the score of each sample, slices and every bootstrap resample, exactly.
A row of NaN marks a sample that the metric has nothing to say about; ``applies`` finds those.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from harness.errors import MetricError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.tools import ScoringTools
    from harness.records import Json

MetricSpec: TypeAlias = "str | Mapping[str, Json]"
"""What stands in a suite's ``metrics:``: a name, or a name with options: {keywords: {field: …}}."""


class Metric(Protocol):
    """One metric family, such as BLEU with its four orders."""

    columns: tuple[str, ...]
    """The scores it gives, under the names that tables print: BLEU_1 … BLEU_4."""

    def statistics(
        self,
        predictions: Sequence[str],
        references: Sequence[Sequence[str]],
        *,
        metadata: Sequence[Mapping[str, Json]] | None = None,
    ) -> FloatArray:
        """Give the sufficient statistics, shape (samples, k).

        Args:
            predictions: one per sample.
            references: one or more per sample.
            metadata: what else is known of each sample; most metrics need none.

        Returns:
            A row per sample; NaN throughout where the metric does not apply to the sample.

        Raises:
            MetricError: the metric cannot be computed on these samples, or on this machine.
        """

    def aggregate(self, totals: FloatArray) -> FloatArray:
        """Turn summed statistics, shape (…, k), into scores, shape (…, len(columns)).

        A single row gives that sample's score; the column sums give the corpus score.
        """

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed, in the order of printing: tok, case, impl."""


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

UNRANKED = frozenset({"LENGTH_RATIO"})
"""Columns where more is not better."""

UNAVAILABLE: dict[str, str] = {
    "spice": (
        "SPICE cannot be computed: the models of its parser (stanford-corenlp-3.6.0-models.jar) "
        "are in no package registry, and it fails on Java 16 and later"
    ),
}
"""Name → why the metric of that name is not to be had."""


def applies(statistics: FloatArray) -> NDArray[np.bool_]:
    """Tell which samples a metric applies to: statistics[…, n, k] → […, n]."""
    found: NDArray[np.bool_] = ~np.isnan(statistics[..., 0])
    return found


def parse(spec: MetricSpec) -> tuple[str, dict[str, Json]]:
    """Give the name and the options that a spec names, both known to exist; nothing is computed.

    ``keywords`` and ``{keywords: {field: ingredients}}`` are specs.

    Raises:
        MetricError: no metric has this name, it cannot be had, or it has no such option.
    """
    options: Json = {}
    if isinstance(spec, str):
        name = spec
    elif len(spec) == 1:
        name, options = next(iter(spec.items()))
    else:
        raise MetricError(
            f"a metric with options is one name and its options, not {len(spec)} names",
            hint="for example {keywords: {field: ingredients}}",
        )
    if name in UNAVAILABLE:
        raise MetricError(UNAVAILABLE[name], hint=f"leave {name} out of the suite's metrics")
    if name not in METRICS:
        known = ", ".join(METRICS)
        raise MetricError(f"no metric is named '{name}'", hint=f"known metrics: {known}")
    if not isinstance(options, Mapping):
        raise MetricError(
            f"metric {name}: {options!r} is no mapping of options",
            hint="for example {keywords: {field: ingredients}}",
        )
    _, *possible = signature(_class(name)).parameters
    for option in options:
        if option not in possible:
            hint = f"its options: {', '.join(possible)}" if possible else "it has no options"
            raise MetricError(f"metric {name} has no option '{option}'", hint=hint)
    return name, dict(options)


def create(spec: MetricSpec, tools: ScoringTools) -> Metric:
    """Make the metric of this spec; ``tools`` are the tokeniser and METEOR processes it may share.

    Raises:
        MetricError: no metric has this name, it cannot be had, or an option is wrong.
    """
    name, options = parse(spec)
    metric: Metric = _class(name)(tools, **options)
    return metric


def _class(name: str) -> Any:
    module, _, attribute = METRICS[name].partition(":")
    return getattr(import_module(module), attribute)
