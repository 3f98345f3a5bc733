"""Systems of known scores → what a run would hold of them: statistics on so many samples.

A system gives one form of a person's caption or, by the toss of a coin, another, and which person
that is, is drawn for each image. So every system's true score follows from sums over all images,
and a system of any true score between two forms can be had.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from populations import PEOPLE, bare, metric_named, place_of
from scores_alone import by_difficulty, cluster_sizes, clustered_places

from harness import stats
from harness.contrast import Declared, MeasuredMetric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from populations import FloatArray, Population

Labels = NDArray[np.int64] | None
Drawn = tuple[list[MeasuredMetric], Labels]
Recipe = tuple[str, str, float]
"""One form, another, and how often it is the other."""
PLAIN: Recipe = ("human", "human", 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is drawn again and again, and what is true of it."""

    draw: Callable[[np.random.Generator], Drawn]
    truths: dict[str, FloatArray]
    """Column → the systems' true scores."""
    declared: Declared | None
    claims: dict[str, float] = field(default_factory=dict)
    """Column → the true difference of the first two systems that should be seen in 80 %."""


def declared(options: Mapping[str, Any], systems: int) -> Declared | None:
    """Give what the options declare: a column, all pairs or those with the first, a margin."""
    if not options.get("columns"):
        return None
    pairs = frozenset(
        pair for pair in combinations(range(systems), 2) if options.get("all", True) or not pair[0]
    )
    margin = options.get("margin")
    return Declared(
        metrics=tuple(options["columns"]),
        pairs=pairs,
        margins=dict.fromkeys(options["columns"], margin) if margin else {},
        confirmatory=True,
    )


def true_scores(
    population: Population, kind: str, metric: str, recipes: Sequence[Recipe]
) -> FloatArray:
    """Give the scores on all images, of all people: [systems, columns]."""
    totals = [
        (1.0 - often) * population.rows(kind, metric, first).sum(axis=(0, 1))
        + often * population.rows(kind, metric, other).sum(axis=(0, 1))
        for first, other, often in recipes
    ]
    scores: FloatArray = metric_named(metric).contrasted(np.stack(totals))
    return scores


def drawn_rows(
    population: Population,
    options: Mapping[str, Any],
    recipes: Sequence[Recipe],
    images: NDArray[np.int64],
    random: np.random.Generator,
    coins: FloatArray | None = None,
) -> list[FloatArray]:
    """Draw what systems say of images: per metric the statistics, [systems, samples, k].

    Up to four systems are different people throughout; of more, two may say the same.
    """
    shape = (len(recipes), len(images))
    if len(recipes) <= PEOPLE:
        people = random.random((PEOPLE, len(images))).argsort(axis=0)[: len(recipes)]
    else:
        people = random.integers(0, PEOPLE, shape)
    coins = random.random(shape) if coins is None else coins
    rows = []
    for metric in options["metrics"]:
        forms = {f: population.rows(options["kind"], metric, f) for r in recipes for f in r[:2]}
        rows.append(
            np.stack(
                [
                    np.where(
                        (coins[i] < often)[:, None],
                        forms[other][people[i], images],
                        forms[first][people[i], images],
                    )
                    for i, (first, other, often) in enumerate(recipes)
                ]
            )
        )
    return rows


def of_images(
    population: Population, options: Mapping[str, Any], recipes: Sequence[Recipe]
) -> Plan:
    """Plan systems on images: options are kind, metrics, n, and failed, columns, all, margin."""
    n, failed = options["n"], options.get("failed", 0.0)

    def draw(random: np.random.Generator) -> Drawn:
        images = random.integers(0, population.images, n)
        rows = drawn_rows(population, options, recipes, images, random)
        scored = random.random((len(recipes), n)) >= failed
        return [
            MeasuredMetric(metric=metric_named(name), statistics=matrix, scored=scored)
            for name, matrix in zip(options["metrics"], rows, strict=True)
        ], None

    return Plan(
        draw=draw,
        truths=_truths(population, options, recipes),
        declared=declared(options, len(recipes)),
    )


def _truths(
    population: Population, options: Mapping[str, Any], recipes: Sequence[Recipe]
) -> dict[str, FloatArray]:
    truths: dict[str, FloatArray] = {}
    for name in options["metrics"]:
        scores = true_scores(population, options["kind"], name, recipes)
        truths |= dict(zip(metric_named(name).columns, scores.T, strict=True))
    return truths


def equal(population: Population, options: Mapping[str, Any]) -> Plan:
    """Plan systems that are drawn from the same people."""
    return of_images(population, options, [PLAIN] * options["systems"])


def different(population: Population, options: Mapping[str, Any]) -> Plan:
    """Plan systems of which each leaves out more words than the one before, or fewer."""
    often = (0.0, 0.4, 0.2, 0.6, 0.1, 0.3, 0.5, 0.8)[: options["systems"]]
    forms = [("human", "improved" if i % 4 == 3 else "dropped", q) for i, q in enumerate(often)]
    return of_images(
        population, options, [(a, b, q / 4 if b == "improved" else q) for a, b, q in forms]
    )


def of_other_make(population: Population, options: Mapping[str, Any]) -> Plan:
    """Plan two systems of the same true score and of other make.

    ``wordy``: one says too much, the other is a person who leaves out words or looks up half, so
    often that both score the same. ``all or nothing``: one is a person, the other repeats the
    reference or leaves out words.
    """
    [column], [metric], kind = options["columns"], options["metrics"], options["kind"]
    place = place_of(column)[1]
    fixed: Recipe = ("wordy", "wordy", 0.0) if options["make"] == "wordy" else PLAIN

    def above(recipe: Recipe) -> float:
        scores = true_scores(population, kind, metric, [fixed, recipe])[:, place]
        return float(scores[1] - scores[0])

    base, other = "dropped", "exact"
    if options["make"] == "wordy":
        base, other = ("dropped", "human") if above(PLAIN) > 0 else ("human", "improved")
    often = _solved(lambda q: above((base, other, q)))
    return of_images(population, options, [fixed, (base, other, often)])


def to_be_seen(population: Population, options: Mapping[str, Any]) -> Plan:
    """Plan systems of which the second is better by what harness.stats.power says will be seen.

    The noise is that of all images, and the bar that of all pairs. With ``beyond`` it is instead
    better by so many standard errors, or worse.
    """
    [column], [metric], systems = options["columns"], options["metrics"], options["systems"]
    place = place_of(column)[1]
    beyond = options.get("beyond")
    images = np.arange(population.images)
    coins = np.random.default_rng(0).random((systems, len(images)))

    def recipes(form: str, often: float) -> list[Recipe]:
        return [PLAIN, ("human", form, often), *[PLAIN] * (systems - 2)]

    def apart(form: str, often: float) -> float:
        scores = true_scores(population, options["kind"], metric, recipes(form, often))[:, place]
        return float(scores[1] - scores[0])

    def lacking(form: str, often: float) -> float:
        """Say how much more is wanted."""
        again = np.random.default_rng(1)
        [rows] = drawn_rows(population, options, recipes(form, often), images, again, coins)
        values = stats.pseudo_values(rows[:2], metric_named(metric).contrasted)[..., place]
        sd = float((values[1] - values[0]).std(ddof=1))
        wanted = stats.smallest_difference(sd, options["n"], bar_of(systems))
        if beyond is not None:
            wanted = abs(beyond) * sd / float(np.sqrt(options["n"]))
        return wanted - abs(apart(form, often))

    form = "dropped"
    if beyond is None or beyond > 0:
        form = "improved" if lacking("improved", 1.0) < 0 else "exact"
    often = _solved(lambda q: -lacking(form, q))
    difference = apart(form, often)
    options = {**options, "margin": None if beyond is None else abs(difference)}
    plan = of_images(population, options, recipes(form, often))
    plan.claims[column] = difference
    return plan


@lru_cache
def bar_of(systems: int) -> float:
    """Give the bar of all pairs."""
    return stats.planned_bar(systems, list(combinations(range(systems), 2)))


def _solved(excess: Callable[[float], float]) -> float:
    """Find where a rising function of 0 … 1 is 0."""
    low, high = 0.0, 1.0
    if not excess(low) <= 0.0 <= excess(high):
        raise ValueError(f"no such system: {excess(low):.4f} … {excess(high):.4f}")
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if excess(middle) <= 0.0 else (low, middle)
    return low


def of_values(_: Population, options: Mapping[str, Any]) -> Plan:
    """Plan systems scored by bare numbers: shares, or means to be seen, perhaps in clusters.

    Half of a number's chance is the sample's, and half its own. Options: ``shares``, one a system;
    or ``systems`` with means of which the second is better by what should be seen; ``clusters``.
    """
    n, shares = options["n"], options.get("shares")
    metric, column = ("shares", "SHARE") if shares else ("values", "MEAN")
    systems = len(shares) if shares else options["systems"]
    per_cluster = options.get("clustered", 1)
    claim = 0.0
    if not shares:
        # A unit: half a cluster's own difference, and the mean of its samples' differences.
        sd = float(np.sqrt(2.0 * (1.0 / per_cluster + (per_cluster > 1) / 4.0)))
        claim = stats.smallest_difference(sd, n, bar_of(systems))

    def draw(random: np.random.Generator) -> Drawn:
        size = (systems, n * per_cluster)
        if shares:
            together = random.random(size[1:]) < 0.5
            chance = np.where(together, random.random(size[1:]), random.random(size))
            values = (chance < np.array(shares)[:, None]).astype(float)
        else:
            values = random.standard_normal(size) + random.standard_normal(size[1:])
            if per_cluster > 1:
                values += 0.5 * np.repeat(random.standard_normal((systems, n)), per_cluster, axis=1)
            values[1] += claim
        measured = MeasuredMetric(
            metric=metric_named(metric), statistics=bare(values), scored=np.ones(size, dtype=bool)
        )
        labels = np.repeat(np.arange(n), per_cluster) if per_cluster > 1 else None
        return [measured], labels

    truth = np.array(shares) if shares else np.array([0.0, claim, *[0.0] * (systems - 2)])
    return Plan(
        draw=draw,
        truths={column: truth},
        declared=declared({"columns": (column,), **options}, systems),
        claims={column: claim} if claim else {},
    )


def in_clusters(population: Population, options: Mapping[str, Any]) -> Plan:
    """Plan equal systems on clusters of images, in each of which another system is the better.

    Options: clusters, even, systems, metrics, columns.
    """
    order, systems = by_difficulty(population), options["systems"]
    recipes: list[Recipe] = [("human", "improved", 0.5), *[PLAIN] * (systems - 1)]
    options = {**options, "kind": "captions"}

    def draw(random: np.random.Generator) -> Drawn:
        sizes = cluster_sizes(random, options["clusters"], even=options["even"])
        labels = np.repeat(np.arange(len(sizes)), sizes)
        images = clustered_places(order, sizes, random)
        dealt = random.random((systems, len(sizes))).argsort(axis=0)[:, labels]
        rows = drawn_rows(population, options, recipes, images, random)
        scored = np.ones((systems, len(images)), dtype=bool)
        return [
            MeasuredMetric(
                metric=metric_named(name),
                statistics=np.take_along_axis(matrix, dealt[..., None], axis=0),
                scored=scored,
            )
            for name, matrix in zip(options["metrics"], rows, strict=True)
        ], labels

    return Plan(
        draw=draw,
        truths=_truths(population, options, [PLAIN] * systems),
        declared=declared(options, systems),
    )
