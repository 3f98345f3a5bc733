"""How often the interval of one score holds the truth: ``harness.stats.estimate`` on drawn sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from cells import Cell, Tally
from populations import KINDS, METRICS, bare, metric_named

from harness import stats

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from populations import FloatArray, Population

    from harness.metrics.metric import Metric

SIZES = (20, 50, 200, 1000)
SHARES = {"share 2 %": 0.02, "share 10 %": 0.1, "share 98 %": 0.98}
MEANS = {"mean, Beta(2, 5)": (2.0, 5.0), "skewed mean, Beta(.3, 2)": (0.3, 2.0)}
CLUSTERS = (5, 10, 30)
_EVEN = 10
"""Samples of each of even clusters."""
_ALIKE = 0.2
"""Correlation of two samples of a cluster, and the share of images that a cluster is drawn from."""


def cells() -> Iterator[Cell]:
    """Give the cells of both tables."""
    for n in SIZES:
        for name in (*MEANS, *SHARES):
            yield Cell(
                part="scores",
                row=name,
                column=str(n),
                measure=drawn_values,
                options={"name": name, "n": n},
            )
        for kind in KINDS:
            for metric in METRICS:
                yield Cell(
                    part="scores",
                    row=f"{kind} {metric}",
                    column=str(n),
                    measure=drawn_images,
                    options={"kind": kind, "metric": metric, "n": n},
                    cost=n / 100,
                )
    for number in CLUSTERS:
        for even in (True, False):
            column = f"{number} {'even' if even else 'uneven'}"
            options = {"clusters": number, "even": even}
            for share in (0.4, 0.1):
                yield Cell(
                    part="clusters",
                    row=f"share {100 * share:.0f} %",
                    column=column,
                    measure=clustered_shares,
                    options={**options, "share": share},
                )
            for metric in METRICS:
                yield Cell(
                    part="clusters",
                    row=f"captions {metric}",
                    column=column,
                    measure=clustered_images,
                    options={**options, "metric": metric},
                    cost=number / 10,
                )


def drawn_values(
    _: Population, random: np.random.Generator, sets: int, options: Mapping[str, Any]
) -> Tally:
    """Count how often the interval of a mean of bare numbers holds the mean that they come from."""
    tally = Tally(sets=sets)
    name, n = options["name"], options["n"]
    for _set in range(sets):
        metric = "values"
        if name in SHARES:
            metric, truth = "shares", SHARES[name]
            values = (random.random(n) < truth).astype(float)
        else:
            a, b = MEANS[name]
            truth, values = a / (a + b), random.beta(a, b, n)
        _count(tally, metric_named(metric), bare(values), [truth])
    return tally


def drawn_images(
    population: Population, random: np.random.Generator, sets: int, options: Mapping[str, Any]
) -> Tally:
    """Count how often intervals of images hold the score of all the images they come from."""
    tally = Tally(sets=sets)
    metric = metric_named(options["metric"])
    people = population.rows(options["kind"], options["metric"], "human")[0]
    truth = metric.aggregate(people.sum(axis=0)).tolist()
    for _set in range(sets):
        rows = people[random.integers(0, len(people), options["n"])]
        _count(tally, metric, rows, truth)
    return tally


def cluster_sizes(random: np.random.Generator, clusters: int, *, even: bool) -> NDArray[np.int64]:
    """Draw how many samples clusters have: all ten, or most fewer and some many more."""
    if even:
        return np.full(clusters, _EVEN)
    return np.maximum(np.round(random.lognormal(np.log(8), 0.9, clusters)), 1).astype(np.int64)


def clustered_places(
    order: NDArray[np.int64], sizes: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.int64]:
    """Draw images cluster by cluster, each from a window of images of like difficulty.

    The order is taken as a ring, so that each image is as likely as any other.
    """
    window = int(_ALIKE * len(order))
    starts = np.repeat(random.integers(0, len(order), len(sizes)), sizes)
    places: NDArray[np.int64] = order[
        (starts + random.integers(0, window, len(starts))) % len(order)
    ]
    return places


def by_difficulty(population: Population) -> NDArray[np.int64]:
    """Give the images in the order of their CIDEr, all people together."""
    scores = metric_named("cider").aggregate(population.rows("captions", "cider", "human"))
    order: NDArray[np.int64] = np.argsort(scores.mean(axis=0)[:, 0], kind="stable")
    return order


def clustered_shares(
    _: Population, random: np.random.Generator, sets: int, options: Mapping[str, Any]
) -> Tally:
    """Count how often the interval of a share holds it, where clusters are more or less alike."""
    tally = Tally(sets=sets)
    share, odds = options["share"], 1.0 / _ALIKE - 1.0
    for _set in range(sets):
        sizes = cluster_sizes(random, options["clusters"], even=options["even"])
        chances = random.beta(share * odds, (1.0 - share) * odds, len(sizes))
        values = (random.random(sizes.sum()) < np.repeat(chances, sizes)).astype(float)
        labels = np.repeat(np.arange(len(sizes)), sizes)
        _count(tally, metric_named("shares"), bare(values), [share], labels)
    return tally


def clustered_images(
    population: Population, random: np.random.Generator, sets: int, options: Mapping[str, Any]
) -> Tally:
    """Count how often intervals hold the score of all images, where clusters are hard or easy."""
    tally = Tally(sets=sets)
    metric = metric_named(options["metric"])
    people = population.rows("captions", options["metric"], "human")[0]
    truth = metric.aggregate(people.sum(axis=0)).tolist()
    order = by_difficulty(population)
    for _set in range(sets):
        sizes = cluster_sizes(random, options["clusters"], even=options["even"])
        labels = np.repeat(np.arange(len(sizes)), sizes)
        _count(tally, metric, people[clustered_places(order, sizes, random)], truth, labels)
    return tally


def _count(
    tally: Tally,
    metric: Metric,
    rows: FloatArray,
    truth: list[float],
    clusters: NDArray[np.int64] | None = None,
) -> None:
    estimates = stats.estimate(
        rows,
        metric.aggregate,
        clusters=clusters,
        contrasted=metric.contrasted,
        shares=metric.shares,
        bounds=metric.bounds,
    )
    for column, found, true in zip(metric.columns, estimates, truth, strict=True):
        held = found.interval is not None and found.interval[0] <= true <= found.interval[1]
        tally.add(
            column,
            interval=found.interval is not None,
            held=held,
            low=found.interval is not None and true < found.interval[0],
        )
