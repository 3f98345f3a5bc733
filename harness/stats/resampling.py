"""Sufficient statistics → the scores of resampled, swapped and shortened corpora.

A corpus drawn with replacement is a vector of weights, how often each sample was drawn, and its
totals are ``weights @ statistics``: a matrix product serves every system and replicate, exactly
(sums of counts are whole numbers in float64). No text is read again. What the scores mean is the
part of harness.stats.inference.

Shapes: ``statistics[..., n, k]`` has a row a sample, ``totals[..., k]`` and ``scores[..., m]``
are as in harness.metrics.metric. What is resampled is the row: join rows first where samples belong
together (``sum_rows``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

FloatArray = NDArray[np.float64]
Aggregate = Callable[[FloatArray], FloatArray]
"""A metric's ``aggregate``: totals[..., k] → scores[..., m], on any leading axes."""

REPLICATES = 10_000
_CHUNK = 2**21
"""Weights drawn at once: 16 MB, which a replicate of a larger corpus exceeds by itself."""


def as_statistics(statistics: ArrayLike) -> FloatArray:
    """Check a matrix of statistics, shape (..., n, k), and give it as float64.

    Raises:
        ValueError: it has no samples, too few axes, or something that is no finite number.
    """
    rows = np.asarray(statistics, dtype=np.float64)
    if rows.ndim < 2:
        raise ValueError(f"statistics need a row a sample, shape (..., n, k); given {rows.shape}")
    if 0 in rows.shape:
        raise ValueError(f"no statistics: an empty array, shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError("statistics hold a NaN or an infinity")
    return rows


def score_totals(aggregate: Aggregate, totals: FloatArray) -> FloatArray:
    """Aggregate, and let nothing but numbers through.

    Raises:
        ValueError: the metric has no value for some totals.
    """
    # The check below says more than NumPy's warning; a metric may also divide 0 by 0 on purpose,
    # to overwrite it.
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.asarray(aggregate(totals), dtype=np.float64)
    failed = int((~np.isfinite(scores)).any(axis=-1).sum())
    if failed:
        raise ValueError(f"the metric gives no number for {failed} of {totals[..., 0].size} totals")
    return scores


def sum_rows(statistics: ArrayLike, labels: ArrayLike) -> FloatArray:
    """Add up the rows of each cluster, so that clusters are resampled whole.

    Samples that share an image, say, are not independent of each other, and resampling them one
    by one makes intervals too narrow (Davison & Hinkley 1997, §3.8).

    Args:
        statistics: shape (..., n, k).
        labels: each row's cluster, shape (n,), integers or strings.

    Returns:
        Shape (..., clusters, k), in ascending order of the labels.

    Raises:
        ValueError: there are not n labels, or the statistics are empty or not finite.
    """
    rows = as_statistics(statistics)
    names = np.asarray(labels)
    if names.shape != rows.shape[-2:-1]:
        raise ValueError(f"{rows.shape[-2]} rows need as many labels; given {names.shape}")
    order = np.argsort(names, kind="stable")
    _, starts = np.unique(names[order], return_index=True)
    sums: FloatArray = np.add.reduceat(rows[..., order, :], starts, axis=-2)
    return sums


def resample_weights(
    n: int, replicates: int = REPLICATES, *, seed: int = 0
) -> Iterator[FloatArray]:
    """Draw bootstrap corpora (Efron & Tibshirani 1993, ch. 6): how often each has each sample.

    Args:
        n: samples to draw from, and to draw.
        replicates: how many corpora.
        seed: the same seed gives the same corpora for every system of n samples: a pair of
            systems is resampled together.

    Yields:
        Chunks of whole numbers, shape (some replicates, n); each row adds up to n. Together they
        have ``replicates`` rows, which do not depend on how they are cut into chunks.

    Raises:
        ValueError: n or replicates is under 1.
    """
    random = np.random.default_rng(seed)
    for size in _chunks(n, replicates):
        # Counting integer draws is multinomial sampling, 5 times as fast as Generator.multinomial.
        draws = random.integers(0, n, size=(size, n))
        weights = np.empty((size, n))
        for row, drawn in zip(weights, draws, strict=True):
            row[:] = np.bincount(drawn, minlength=n)
        yield weights


def swap_weights(n: int, replicates: int = REPLICATES, *, seed: int = 0) -> Iterator[FloatArray]:
    """Toss a coin per sample and replicate: 1 where two systems exchange their answers.

    Args:
        n: samples.
        replicates: how many times.
        seed: the same seed gives the same exchanges.

    Yields:
        Chunks of 0 and 1, shape (some replicates, n), ``replicates`` rows in all.

    Raises:
        ValueError: n or replicates is under 1.
    """
    random = np.random.default_rng(seed)
    for size in _chunks(n, replicates):
        # Whole words, so that where a chunk ends changes nothing; little-endian on any machine.
        words = random.integers(0, 2**64, size=(size, -(-n // 64)), dtype=np.uint64)
        bits = np.unpackbits(words.astype("<u8").view(np.uint8), axis=1, count=n, bitorder="little")
        yield bits.astype(np.float64)


def _chunks(n: int, replicates: int) -> Iterator[int]:
    if n < 1 or replicates < 1:
        raise ValueError(f"nothing to resample: {n} samples, {replicates} replicates")
    most = max(1, _CHUNK // n)
    for start in range(0, replicates, most):
        yield min(most, replicates - start)


def bootstrap(
    statistics: ArrayLike,
    aggregate: Aggregate,
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> FloatArray:
    """Score resampled corpora, the same ones for all systems.

    So the difference of two systems' replicates is the paired bootstrap (Koehn 2004).

    Args:
        statistics: shape (..., n, k); leading axes are systems.
        aggregate: totals → m scores.
        replicates: B.
        seed: of ``resample_weights``.

    Returns:
        Shape (..., B, m), in the metric's units.

    Raises:
        ValueError: the statistics are empty or not finite, or the metric has no value for some
            corpus.
    """
    rows = as_statistics(statistics)
    weights = resample_weights(rows.shape[-2], replicates, seed=seed)
    return score_totals(aggregate, _weighted(weights, rows, replicates))


def swapped_differences(
    statistics: ArrayLike,
    pairs: ArrayLike,
    aggregate: Aggregate,
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Iterator[FloatArray]:
    """Score pairs of corpora whose answers were exchanged at random, sample by sample.

    If it does not matter which system gave an answer, the real difference is one of these
    (approximate randomisation: Noreen 1989; Riezler & Maxwell 2005, fig. 1).

    Args:
        statistics: shape (systems, n, k).
        pairs: (baseline, candidate) by index, shape (p, 2).
        aggregate: totals → m scores.
        replicates: B.
        seed: of ``swap_weights``; all pairs exchange the same samples.

    Yields:
        Pair by pair, for there are many: candidate minus baseline, shape (B, m).

    Raises:
        ValueError: as ``bootstrap``.
    """
    rows = as_statistics(statistics)
    totals = rows.sum(axis=-2)
    # A product per system serves all pairs, for what moves from one to the other is a difference.
    moved = _weighted(swap_weights(rows.shape[-2], replicates, seed=seed), rows, replicates)
    for first, second in np.asarray(pairs, dtype=np.intp).reshape(-1, 2):
        gained = moved[second] - moved[first]
        after = np.stack([totals[first] + gained, totals[second] - gained])
        baseline, candidate = score_totals(aggregate, after)
        yield candidate - baseline


def jackknife(statistics: ArrayLike, aggregate: Aggregate) -> FloatArray:
    """Score the corpus without each of its samples in turn: totals minus row, exact.

    Args:
        statistics: shape (..., n, k).
        aggregate: totals → m scores.

    Returns:
        Shape (..., n, m): row i is the score without sample i.

    Raises:
        ValueError: there is one sample only; else as ``bootstrap``.
    """
    rows = as_statistics(statistics)
    if rows.shape[-2] < 2:
        raise ValueError("the jackknife leaves a sample out, so it needs two or more")
    return score_totals(aggregate, rows.sum(axis=-2, keepdims=True) - rows)


def _weighted(weights: Iterator[FloatArray], rows: FloatArray, replicates: int) -> FloatArray:
    """Give the totals under each row of weights, shape (..., B, k)."""
    systems, (n, k) = rows.shape[:-2], rows.shape[-2:]
    flat = np.ascontiguousarray(np.moveaxis(rows, -2, 0).reshape(n, -1))
    totals = np.empty((replicates, flat.shape[1]))
    start = 0
    for chunk in weights:
        np.matmul(chunk, flat, out=totals[start : start + len(chunk)])
        start += len(chunk)
    return np.moveaxis(totals.reshape(replicates, *systems, k), 0, -2)
