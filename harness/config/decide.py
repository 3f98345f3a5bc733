"""``decide:`` of a suite → a Decision, or what is wrong with it.

Whether the suite's metrics give the columns that it names is known where metrics are: see
``pipeline/asking/refusals``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.config.selecting import one
from harness.errors import ConfigError
from harness.nearest import nearest
from harness.records import Decision

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from harness.config.problems import Problems
    from harness.config.schema import DecideFile, SuiteFile
    from harness.records import ModelConfig, PromptVariant, Where
    from harness.yaml_source import YamlSource

REPLAY = "replay"
"""The engine of files of predictions, as ``model.engine`` names it."""


def decision(
    file: SuiteFile,
    source: YamlSource,
    variants: Sequence[PromptVariant],
    lost: Collection[str],
    where: dict[str, Where],
    problems: Problems,
) -> Decision | None:
    """Read what a suite declares.

    Args:
        file: the suite's file, which has the right shape.
        source: its lines.
        variants: of the suite.
        lost: names that it lists of variants which could not be loaded.
        where: takes the place of each declared metric and margin, as ``decide.metric.CIDEr``.
        problems: takes what is wrong.

    Returns:
        None where nothing is declared, or what is declared cannot be meant.
    """
    if file.decide is None:
        return None
    written = file.decide
    metrics = [written.metric] if isinstance(written.metric, str) else written.metric
    for i, metric in enumerate(metrics):
        at = () if isinstance(written.metric, str) else (i,)
        where.setdefault(f"decide.metric.{metric}", source.where(("decide", "metric", *at)))
    before = len(problems.all)
    baseline = None
    problems.add(_metric_problems(metrics, source))
    with problems.caught():
        baseline = _baseline(written, source, variants, lost, file.variants or ())
    problems.add(_margin_problems(written, metrics, source))
    if len(problems.all) > before:
        return None
    margins = written.margin if isinstance(written.margin, dict) else {}
    if isinstance(written.margin, float):
        margins = {metrics[0]: written.margin}
    for metric in margins:
        key = (metric,) if isinstance(written.margin, dict) else ()
        where.setdefault(f"decide.margin.{metric}", source.where(("decide", "margin", *key)))
    return Decision(
        metrics=tuple(metrics), baseline=baseline, margins=margins, ladder=written.ladder
    )


def _metric_problems(metrics: Sequence[str], source: YamlSource) -> Iterator[ConfigError]:
    place = source.where(("decide", "metric"))
    if not metrics:
        hint = "for example metric: CIDEr; without a declaration leave out 'decide:'"
        yield ConfigError("'decide.metric' names no metric", where=place, hint=hint)
    for i, metric in enumerate(metrics):
        if metric in metrics[:i]:
            at = source.where(("decide", "metric", i))
            yield ConfigError(f"'decide.metric' names '{metric}' twice", where=at)


def _baseline(
    written: DecideFile,
    source: YamlSource,
    variants: Sequence[PromptVariant],
    lost: Collection[str],
    listed: Sequence[str],
) -> str | None:
    """Find the variant that is named.

    Raises:
        ConfigError: there is none, or there are several, or nothing would be compared with it.
    """
    if written.baseline is None or written.baseline in lost:
        return written.baseline
    place = source.where(("decide", "baseline"))
    what = "'decide.baseline'"
    unknown = f"{what} is '{written.baseline}', which is no variant of the suite"
    variant = one(written.baseline, variants, what, unknown, place)
    if len(variants) + len(lost) == 1 and len(listed) < 2:  # of one listed twice that was said
        message = f"'decide.baseline': nothing is compared with '{variant.name}', the only variant"
        hint = "without 'baseline:' all pairs of systems are compared"
        raise ConfigError(message, where=place, hint=hint)
    return variant.name


def never_asked(
    decide: Decision | None, models: Sequence[ModelConfig], where: Where
) -> Iterator[ConfigError]:
    """Refuse a baseline that no model is asked, as where all models are files of predictions."""
    if decide and decide.baseline and models and all(model.engine == REPLAY for model in models):
        message = (
            f"'decide.baseline': no model is asked '{decide.baseline}': all models are files of "
            "predictions, whose systems are named by the column 'system' or by the file"
        )
        hint = "without 'baseline:' all pairs of systems are compared"
        yield ConfigError(message, where=where, hint=hint)


def _margin_problems(
    written: DecideFile, metrics: Sequence[str], source: YamlSource
) -> Iterator[ConfigError]:
    """Check that each margin belongs to a metric."""
    place = source.where(("decide", "margin"))
    if isinstance(written.margin, dict):
        for name in written.margin:
            at = source.where(("decide", "margin", name))
            if name not in metrics:
                message = f"'decide.margin' names '{name}', which 'decide.metric' does not"
                yield ConfigError(message, where=at, hint=nearest(name, metrics))
    elif written.margin is not None and len(metrics) > 1:
        message = f"'decide.margin' is one number for {len(metrics)} metrics"
        hint = "{metric: number}; a metric that it leaves out has no margin"
        yield ConfigError(message, where=place, hint=hint)
