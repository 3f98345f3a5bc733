"""A suite's metrics, models and decodings → what is wrong with them, each with its place.

Nothing is started, imported from a heavy package or asked of a network.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

from harness.config.pipelines import pipeline_problems
from harness.engines.protocol import ENGINES, engine_class
from harness.engines.protocol import check as check_engine
from harness.errors import ConfigError, ConfigErrors, EngineError, MetricError
from harness.metrics.registry import (
    METRICS,
    added_metrics,
    bounds_of,
    check_specs,
    columns_given,
    columns_of,
    ranked,
)
from harness.nearest import nearest
from harness.postprocess import check_pace, check_steps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from harness.config.problems import Problems
    from harness.records import Json, MetricSpec, ModelConfig, PromptVariant, Suite, System, Where


MOST_REQUESTS = 100_000_000


def refuse_metrics(suite: Suite, problems: Problems) -> None:
    """Gather the metrics that cannot be had, have no such option, or stand twice."""
    fine: list[MetricSpec] = []
    for i, spec in enumerate(suite.metrics):
        with problems.caught(suite.where.get(f"metrics.{i}")):
            check_specs([*fine, spec])
            if spec.kind == "evaluate":
                _refuse_absent(spec)
            fine.append(spec)


def _refuse_absent(spec: MetricSpec) -> None:
    """Refuse a module of ``evaluate`` whose script is not on this machine.

    Raises:
        MetricError: it is not there.
    """
    from harness.metrics.hf import is_there  # few suites need it

    if not is_there(spec):
        message = f"no metric script at {spec.name}"
        raise MetricError(message, hint="a path is relative to suite.yaml")


def refuse_steps(variant: PromptVariant, problems: Problems) -> None:
    """Gather the post-processing steps of a variant that do not exist, or would hang."""
    for steps in variant.placed_steps():
        for step, where in steps:
            with problems.caught():
                check_steps([step], where)
                check_pace(step, where)


def refuse_decision(suite: Suite, problems: Problems) -> None:
    """Gather the declared metrics that no metric of the suite gives, or that rank nothing.

    And the margins within which every two systems would be equivalent.
    """
    if suite.decide is None:
        return
    given = columns_given(suite.metrics)
    for column in suite.decide.metrics:
        where = suite.where.get(f"decide.metric.{column}")
        if column not in given and _is_misspelt(column, suite):
            continue
        if column not in given:
            message = f"'decide.metric': no metric of the suite gives a column '{column}'"
            hint = _giving(column, suite, [name for name in given if ranked(name)])
            problems.add([ConfigError(message, where=where, hint=hint)])
        elif not ranked(column):
            message = f"'decide.metric': more {column} is not better, so it decides nothing"
            problems.add([ConfigError(message, where=where)])
        elif column in suite.decide.margins:
            problems.add(_margin_problems(suite, column, given[column]))


def _margin_problems(suite: Suite, column: str, spec: MetricSpec) -> Iterator[ConfigError]:
    """Refuse a margin that is as large as two scores of its metric can lie apart."""
    assert suite.decide is not None
    margin, bounds = suite.decide.margins[column], bounds_of(spec)
    if bounds is None or margin < bounds[1] - bounds[0]:
        return
    low, high = bounds
    yield ConfigError(
        f"'decide.margin' is {margin:g}, and {column} is between {low:g} and {high:g}: any two "
        "systems would be equivalent",
        where=suite.where.get(f"decide.margin.{column}"),
        hint=f"the smallest difference that matters, for example {(high - low) / 50:g}",
    )


def refuse_models(suite: Suite, systems: Sequence[System], problems: Problems) -> None:
    """Gather what the engines know beforehand that they cannot do."""
    variants = {variant.name: variant for variant in suite.variants}
    for model in suite.models:
        before = len(problems.all)
        with problems.caught(), placed(suite, model):
            check_engine(model, ())
        if len(problems.all) > before:
            continue  # the same would be said once more of every decoding
        for system in systems:
            if system.model != model.name:
                continue
            unknown = _unknown_parameters(suite, variants[system.variant], model, system)
            problems.add(unknown)
            problems.add(_lengths(suite, variants[system.variant], system))
            if not unknown:
                with problems.caught():
                    _check_decoding(suite, variants[system.variant], model, system)


@contextmanager
def placed(suite: Suite, model: ModelConfig) -> Iterator[None]:
    """Give an error of the block its place: the key of a model's config that it is about."""
    try:
        yield
    except EngineError as error:
        at = f"models.{model.name}"
        error.where = error.where or suite.where.get(f"{at}.{error.key}") or suite.where.get(at)
        raise


def _check_decoding(
    suite: Suite, variant: PromptVariant, model: ModelConfig, system: System
) -> None:
    """Ask an engine whether it can sample so.

    Raises:
        EngineError: it cannot; its place is the parameter, or the decoding.
    """
    try:
        check_engine(model, [system.decoding])
    except EngineError as error:
        error.where = error.where or place_of(suite, variant, system, error.key)
        raise


def refuse_draws(draws: Json, params: Mapping[str, Json], name: str) -> None:
    """Refuse a number of draws that is none, or that would give the same text each time.

    Raises:
        ConfigErrors: it is one of these.
    """
    if type(draws) is not int or draws < 1:
        raise ConfigErrors(
            [ConfigError(f"decoding '{name}': n is {draws!r}, not a number of draws")]
        )
    if draws > 1 and not params["temperature"]:
        problem = f"decoding '{name}': {draws} draws at temperature 0 are {draws} times the same"
        hint = "set a temperature; --repeat measures how much a model differs from itself"
        raise ConfigErrors([ConfigError(problem, hint=hint)])


def refuse_size(requests: int) -> None:
    """Refuse more requests than anybody means: the plan of a run is walked through three times.

    Raises:
        ConfigError: there are more.
    """
    if requests > MOST_REQUESTS:
        raise ConfigError(
            f"this asks for {requests:,} completions, more than {MOST_REQUESTS:,}",
            hint="fewer samples (--limit), repeats (--repeat) or draws (n:) will do",
        )


def place_of(
    suite: Suite, variant: PromptVariant, system: System, name: str | None = None
) -> Where | None:
    """Give the place that sets a sampling parameter of a system; without a name, of its decoding.

    The nearest to the prompt wins, as it does when they are merged.
    """
    decoding = f"decoding.{system.decoding.name}"
    if name is None:
        own = next((p for key, p in variant.where.items() if key.startswith("generation.")), None)
        return own or suite.where.get(decoding)
    return (
        variant.where.get(f"generation.{name}")
        or suite.where.get(f"{decoding}.{name}")
        or suite.where.get(f"models.{system.model}.generation.{name}")
        or suite.where.get(f"models.{system.model}")
    )


def refuse_replay_steps(model: ModelConfig) -> None:
    """Refuse what is no post-processing for a file of predictions.

    Raises:
        ConfigError: it is neither a list of steps that exist, nor several such lists under names.
        ConfigErrors: their names cannot be names.
    """
    written = model.args.get("postprocess", [])
    lists = list(written.values()) if isinstance(written, dict) else [written]
    if not all(isinstance(steps, list) for steps in lists) or not all(
        isinstance(step, str) for step in (*chain(*lists), *(written if lists != [written] else ()))
    ):
        raise ConfigError(f"'args.postprocess' is {written!r:.60}, no list of steps")
    if problems := list(pipeline_problems(written)):
        raise ConfigErrors(problems)
    for steps in lists:
        check_steps(steps)


def _is_misspelt(column: str, suite: Suite) -> bool:
    """Tell whether a metric that is none, which was said, may be the one that gives a column."""
    known = {*METRICS, *added_metrics()}
    none = any(spec.kind == "own" and spec.name not in known for spec in suite.metrics)
    return none and any(column in columns_of(name) for name in METRICS)


def _giving(column: str, suite: Suite, given: Sequence[str]) -> str | None:
    """Say which column may be meant, or which metric gives it."""
    if column in METRICS:
        return f"the metric {column} gives {', '.join(columns_of(column))}"
    giving = next((name for name in METRICS if column in columns_of(name)), None)
    if giving:
        return f"{giving} gives it: add it to 'metrics:'"
    hints = [nearest(column, given)]
    if any(spec.kind == "evaluate" for spec in suite.metrics):
        hints.append("what an 'evaluate' module gives has no interval and cannot be declared")
    return "; ".join(filter(None, hints)) or None


def _unknown_parameters(
    suite: Suite, variant: PromptVariant, model: ModelConfig, system: System
) -> list[ConfigError]:
    known = _sampling(model.engine)
    problems = []
    for name in system.decoding.params:
        if name in known:
            continue
        others = [engine for engine in ENGINES if name in (engine_class(engine).sampling or ())]
        hint = f"{' and '.join(others)} would take it" if others else nearest(name, sorted(known))
        message = f"the {model.engine} engine knows no sampling parameter '{name}'"
        where = place_of(suite, variant, system, name)
        problems.append(ConfigError(message, where=where, hint=hint))
    return problems


def _lengths(suite: Suite, variant: PromptVariant, system: System) -> Iterator[ConfigError]:
    """Refuse answers that are to be longer than they may be; only merged parameters tell."""
    params = system.decoding.params
    least, most = params.get("min_tokens") or 0, params["max_tokens"]
    if least > most:
        message = f"'min_tokens' is {least}, more than the {most} of 'max_tokens'"
        yield ConfigError(message, where=place_of(suite, variant, system, "min_tokens"))


def _sampling(engine: str) -> Collection[str]:
    """Give the parameters that an engine takes; one that takes any, those of all the others."""
    own = engine_class(engine).sampling
    if own is not None:
        return own
    return frozenset().union(*(engine_class(name).sampling or () for name in ENGINES))
