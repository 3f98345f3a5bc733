"""A scored run → its systems compared in pairs; needs no model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from harness.contrast import (
    USUAL,
    ComparedMetric,
    Declared,
    MeasuredMetric,
    contrast,
    foremost,
    sentences,
)
from harness.errors import StoreError
from harness.metrics.metric import applies
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools
from harness.nearest import nearest
from harness.pipeline.reading.agreeing import (
    MetricTally,
    metric_tallies,
    order_agreement,
    order_text,
    tally_text,
)
from harness.pipeline.reading.deciding import (
    concluded_columns,
    decides,
    deciding_column,
    declared_pairs,
    differing,
    undecided,
)
from harness.pipeline.reading.few_units import few_units
from harness.report.notebook import comparison_html
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric
    from harness.records import (
        Across,
        Comparison,
        Control,
        Declaration,
        Json,
        NoiseFloor,
        Resampling,
        RunRecord,
        RunSummary,
    )
    from harness.store.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """All pairs of a run's systems on all its metrics, or of systems of two runs."""

    metrics: tuple[ComparedMetric, ...]
    deciding: str
    """The metric that the verdict is about."""
    concluded: tuple[str, ...]
    """The metrics of which sentences tell: all that the suite declares, the deciding one first."""
    exploratory: str | None
    """Why nothing here is confirmatory; None where something is."""
    undecided: tuple[str, ...]
    """What of the comparisons that the suite declares cannot be made, and why."""
    decides: bool
    """Whether the verdict is that of a pair: not where those that are declared cannot be made."""
    caveats: tuple[str, ...]
    """What the p-values do not allow for, and where little can be told."""
    tallies: tuple[MetricTally, ...]
    """Of each pair, on how many metrics it is better."""
    rank_correlation: tuple[tuple[float, str, str], ...]
    """Kendall's τ-b between the orders that two metrics put three systems or more in."""
    noise_floor: NoiseFloor | None
    """What repeating alone does to scores; None where nothing was repeated."""
    declared: frozenset[frozenset[str]] = frozenset()
    """The systems of each pair that the suite declares with a baseline."""
    uneven: tuple[str, ...] = ()
    """Metrics on which systems were scored on different samples."""
    pictures: tuple[Comparison, ...] = ()
    """What the picture adds to each of these systems: a family of its own."""
    controls: Mapping[str, Control] = field(default_factory=dict)
    """System → what it is shown in the place of a sample's images, of those that are controls."""
    leakage: tuple[str, ...] = ()
    """What prompts give away of the samples under test, where the suite allows it."""
    across: Across | None = None
    """None where all systems are of one run."""

    def under_floor(self, pair: Comparison) -> bool:
        """Tell whether a pair's difference may come from the engine alone."""
        return self.noise_floor is not None and self.noise_floor.covers(pair.metric, pair.delta)

    def json(self) -> Json:
        """Give plain data."""
        return {
            "deciding": self.deciding,
            "exploratory": self.exploratory,
            "undecided": list(self.undecided),
            "caveats": list(self.caveats),
            "leakage": list(self.leakage),
            "pairs": [
                {**asdict(pair), "under_noise_floor": self.under_floor(pair)}
                for metric in self.metrics
                for pair in metric.pairs
            ],
            "tallies": [asdict(tally) for tally in self.tallies],
            "rank_correlation": [list(each) for each in self.rank_correlation],
            "letters": {metric.metric: dict(metric.letters) for metric in self.metrics},
            "pictures": [asdict(pair) for pair in self.pictures],
            **({"across": asdict(self.across)} if self.across else {}),
        }

    def notes(self) -> list[str]:
        """Say what a reader of the verdicts has to know."""
        why = [f"Exploratory: {self.exploratory}."] if self.exploratory else []
        why += [f"Undecided: {text}." for text in self.undecided]
        how = self.across.said if self.across else ()
        return [*how, *why, *(f"Note: {caveat}." for caveat in self.caveats)]

    def metric(self, name: str) -> ComparedMetric:
        """Find a metric's comparisons; one that is declared and has no value has none."""
        none = ComparedMetric(metric=name, pairs=(), letters={})
        return next((metric for metric in self.metrics if metric.metric == name), none)

    @property
    def told(self) -> tuple[ComparedMetric, ...]:
        """The comparisons on each metric of which sentences tell."""
        return tuple(self.metric(name) for name in self.concluded)

    def agreement(self, pairs: Iterable[tuple[str, str]]) -> list[str]:
        """Say of some pairs on how many metrics each is better, and how alike metrics order all.

        Args:
            pairs: baseline and candidate.
        """
        own = {(tally.baseline, tally.candidate): tally for tally in self.tallies}
        lines = [tally_text(own[pair]) for pair in pairs if pair in own]
        if self.rank_correlation:
            lines.append(order_text(self.rank_correlation))
        return lines

    @property
    def verdict(self) -> Comparison | None:
        """The pair that matters most: of the deciding metric, the winner and its runner-up.

        None where those that are declared cannot be made.
        """
        if not self.decides:
            return None
        return next(iter(foremost(self.metric(self.deciding).pairs, self.declared)), None)

    def said(self) -> list[str]:
        """Say first what cannot be decided, then a sentence a pair on each declared metric."""
        first = [] if self.decides else [f"Undecided: {text}." for text in self.undecided]
        return [*first, *(line for metric in self.told for line in sentences(metric.pairs))]

    def further_notes(self) -> list[str]:
        """Give the notes that ``said`` has not."""
        said = self.said()
        return [note for note in self.notes() if note not in said]

    def _repr_html_(self) -> str:
        """Show the sentences and every pair in a notebook."""
        every = [pair for metric in self.metrics for pair in metric.pairs]
        return comparison_html(self.said(), self.further_notes(), every)


def compare_run(
    folder: RunFolder,
    *,
    systems: Sequence[str] = (),
    baseline: str | None = None,
    metric: str | None = None,
    resampling: Resampling = USUAL,
) -> RunComparison:
    """Compare the systems of a scored run in pairs, on the samples that both of a pair have.

    Args:
        folder: the run.
        systems: show only these; default: all. All pairs of the run are tested together whichever
            are shown, for these may have been picked for what they show.
        baseline: stands first in its pairs; default: the suite's baseline.
        metric: what the verdict is about; default: what the suite declares.
        resampling: how often answers are exchanged, and from which seed.

    Raises:
        StoreError: the run is not scored, or has no such system.
        MetricError: the run has no such metric, or none at all.
    """
    summary, run = folder.summary(), folder.run()
    every = [system.system for system in summary.systems]
    known = ranked(summary)
    baselines = [s.system for s in summary.systems if s.variant == summary.baseline]
    first = [baseline] if baseline else baselines
    for name in (*systems, *first):
        if name in every and name not in known:
            hint = "what it tells stands under its system: 'of which from the picture'"
            raise StoreError(f"'{name}' is a control, which is no rival of a prompt", hint=hint)
        if name not in known:
            raise StoreError(f"the run has no system '{name}'", hint=nearest(name, known))
    if len(known) < 2:
        raise StoreError("a comparison needs two systems", hint=f"the run has: {', '.join(known)}")
    shown = {name for name in known if not systems or name in systems or name == baseline}
    if len(shown) < 2:
        raise StoreError("a comparison needs two systems", hint=f"the run has: {', '.join(known)}")
    names = sorted(known, key=lambda name: name not in first)
    scored, statistics, metrics = read_statistics(folder, summary)
    rows = [every.index(name) for name in names]
    declared, exploratory = declared_in(run, names)
    deciding = deciding_column(metrics, run, metric, differing(summary, names))
    compared = contrast(
        [
            MeasuredMetric(
                metric=metrics[label],
                statistics=matrix[rows],
                scored=scored[rows] & applies(matrix[rows]),
            )
            for label, matrix in statistics.items()
        ],
        names,
        clusters=clusters_of(folder.samples()),
        resampling=resampling,
        declared=declared,
    )
    tested = {(p.metric, frozenset((p.baseline, p.candidate))) for c in compared for p in c.pairs}
    lacking = undecided(run, summary, tested)
    confirmatory = any(pair.confirmatory for column in compared for pair in column.pairs)
    if lacking and exploratory is None and not confirmatory:
        exploratory = "no comparison that the suite declares can be made"
    shown_pairs = tuple(_only(column, shown) for column in compared)
    return RunComparison(
        metrics=shown_pairs,
        tallies=metric_tallies(shown_pairs),
        rank_correlation=order_agreement(summary, names),
        deciding=deciding,
        concluded=(deciding,) if metric else concluded_columns(run, deciding),
        exploratory=exploratory,
        undecided=tuple(lacking),
        decides=decides(run, deciding, tested),
        caveats=tuple(_caveats(run, summary, shown_pairs)),
        declared=declared_pairs(run),
        uneven=summary.uneven,
        noise_floor=summary.noise_floor,
        pictures=tuple(pair for pair in summary.grounding if pair.candidate in shown),
        controls=control_kinds(summary),
        leakage=summary.leakage,
    )


def control_kinds(summary: RunSummary) -> dict[str, Control]:
    """Give what each control of a run is, by its system's name."""
    return {system.system: system.control for system in summary.systems if system.control}


def ranked(summary: RunSummary) -> list[str]:
    """Give the systems that are compared with each other: all but the controls."""
    return [system.system for system in summary.systems if system.control is None]


def _only(compared: ComparedMetric, shown: Collection[str]) -> ComparedMetric:
    """Leave out the pairs that are not asked for."""
    return ComparedMetric(
        metric=compared.metric,
        pairs=tuple(
            pair for pair in compared.pairs if pair.baseline in shown and pair.candidate in shown
        ),
        letters={name: held for name, held in compared.letters.items() if name in shown},
    )


def declared_in(run: RunRecord, names: Sequence[str]) -> tuple[Declared | None, str | None]:
    """Say what a run's suite declared, and why it is not confirmatory, if so.

    Args:
        run: the run.
        names: its systems, in the order in which they are compared.
    """
    declaration = run.decide
    if declaration is None:
        return None, "nothing was declared before the answers were there"
    if declaration.not_applicable:
        return None, declaration.not_applicable
    place = {name: i for i, name in enumerate(names)}
    pairs = {
        (min(place[candidate], place[baseline]), max(place[candidate], place[baseline]))
        for candidate, baseline in declaration.pairs(run.systems)
    }
    exploratory = _why_exploratory(declaration, len(pairs))
    return (
        Declared(
            metrics=declaration.metrics,
            pairs=frozenset(pairs),
            margins=declaration.margins,
            confirmatory=exploratory is None,
        ),
        exploratory,
    )


def _caveats(
    run: RunRecord, summary: RunSummary, compared: Sequence[ComparedMetric]
) -> Iterator[str]:
    """Say what the p-values do not allow for, and where there are too few units to tell much."""
    if run.decide and run.decide.looks > 1:
        yield (
            f"look {run.decide.looks} at what is declared: earlier runs had other prompts, models, "
            "samples or references, and p does not allow for those looks"
        )
    split = run.dataset.split
    if split and split.look and split.look > 1:
        yield (
            f"look {split.look} at the sealed {split.name} split: earlier runs saw other answers "
            "there, and p does not allow for those looks"
        )
    if summary.ladder:
        yield (
            "the ladder of this suite shows no more than its table: what is read here of prompts "
            "that it does not show is a further choice, which p does not allow for"
        )
    rivals = sum(system.control is None for system in run.systems)
    if run.suite_systems and rivals < run.suite_systems:
        yield (
            f"this run has {rivals} of the {run.suite_systems} systems of its suite, and "
            "p does not allow for a choice among all"
        )
    computed = {spec.label for spec in summary.specs}
    if dropped := [spec.label for spec in run.metrics if spec.label not in computed]:
        yield f"the suite scores by {', '.join(dropped)}, too, and p does not allow for that choice"
    yield from few_units(compared)


def _why_exploratory(declaration: Declaration, pairs: int) -> str | None:
    """Say why what was declared is not confirmed by this run, if so."""
    if declaration.answers_before is None:
        return "it is not known which answers were there before 'decide' was declared"
    if declaration.answers_before:
        return "; ".join(_older_answers(declaration))
    if pairs < declaration.comparisons:
        held, declared = (n * len(declaration.metrics) for n in (pairs, declaration.comparisons))
        return f"this run holds {held} of the {declared} comparisons declared"
    return None


def _older_answers(declaration: Declaration) -> Iterator[str]:
    given = declaration.answers_of_files
    if made := (declaration.answers_before or 0) - given:
        yield f"{made} of the answers were there before this 'decide' was"
    if given:
        yield (
            f"{given} of the answers are from files of predictions, and nobody knows whether they "
            "were made before this 'decide' was"
        )


def read_statistics(
    folder: RunFolder, summary: RunSummary
) -> tuple[NDArray[np.bool_], dict[str, FloatArray], dict[str, Metric]]:
    """Read what a run's scores are functions of, with the metrics that they belong to, by label.

    Raises:
        StoreError: the run is not scored.
        MetricError: a metric of the run is not to be had here.
    """
    scored, statistics = folder.statistics()
    specs = {spec.label: spec for spec in summary.specs}
    tools = ScoringTools(tokenizer=folder.run().tokenizer)  # starts nothing: no text is read
    metrics = {label: create(specs.get(label, label), tools) for label in statistics}
    for label, matrix in statistics.items():
        _check_width(folder, label, metrics[label], matrix.shape[-1])
    return scored, statistics, metrics


def _check_width(folder: RunFolder, label: str, metric: Metric, width: int) -> None:
    """Refuse statistics that have not the columns which the metric sums up.

    Raises:
        StoreError: they have not.
    """
    import numpy as np

    try:
        with np.errstate(all="ignore"):
            fits = metric.aggregate(np.ones((1, width))).shape == (1, len(metric.columns))
    except (ValueError, IndexError):
        fits = False
    if not fits:
        raise StoreError(
            f"{folder.path / 'statistics.npz'} is damaged ('{label}' has not its columns)",
            hint="'harness score' on the run writes it anew",
        )
