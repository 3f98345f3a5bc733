"""What comparisons say of systems whose truth is known: ``harness.contrast`` on drawn sets."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any

from cells import Cell, Tally
from populations import KINDS, METRICS, place_of
from systems import different, equal, in_clusters, of_other_make, of_values, to_be_seen

from harness.contrast import conclude, contrast, grouped, sentence
from harness.records import Resampling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from populations import Population

    from harness.records import Comparison

EXCHANGES = 499
"""A run makes 10,000; fewer are as exact, and coarser."""
SYSTEMS = (2, 3, 8, 14)
SIZES = (20, 50, 200)
MORE_SIZES = (20, 50, 200, 1000)
COLUMNS = ("BLEU_2", "BLEU_4", "METEOR", "CIDEr")
ALL = "all"
"""The family as a whole, beside single columns."""
_NOTHING = 1e-6


def cells() -> Iterator[Cell]:
    """Give the cells of all tables of comparisons."""
    yield from _false_alarms()
    yield from _clustered()
    for n in MORE_SIZES:
        for kind in KINDS:
            for column in COLUMNS:
                own = {"kind": kind, "metrics": (place_of(column)[0],), "columns": (column,)}
                for make in ("wordy", "all or nothing"):
                    yield _cell(
                        "weak",
                        f"{make}: {kind} {column}",
                        n,
                        of_other_make,
                        {**own, "make": make, "n": n, "systems": 2},
                        cost=n / 50,
                    )
                yield _cell(
                    "differences",
                    f"2 systems: {kind} {column}",
                    n,
                    different,
                    {**own, "n": n, "systems": 2},
                    cost=n / 50,
                )
        for name, shares in (("40 and 30 %", (0.4, 0.3)), ("2 and 10 %", (0.02, 0.1))):
            yield _cell(
                "differences",
                f"2 systems: shares of {name}",
                n,
                of_values,
                {"shares": shares, "n": n},
            )
    for n in SIZES:
        for kind in KINDS:
            for systems in (3, 8):
                yield _cell(
                    "differences",
                    f"{systems} systems: {kind}, every column",
                    n,
                    different,
                    {"kind": kind, "metrics": METRICS, "n": n, "systems": systems},
                    cost=systems * 2,
                )
    yield from _margins()
    yield from _power()
    for n in (100, 300):
        yield Cell(
            part="slices",
            row="3 systems, 16 slices of 4 fields, every column",
            column=str(n),
            measure=sliced,
            options={"kind": "captions", "metrics": METRICS, "n": n, "systems": 3},
            cost=25,
        )


def _cell(
    part: str, row: str, column: object, plan: Any, options: Mapping[str, Any], cost: float = 1.0
) -> Cell:
    return Cell(
        part=part,
        row=row,
        column=str(column),
        measure=compared,
        options={**options, "plan": plan},
        cost=cost,
    )


def _false_alarms() -> Iterator[Cell]:
    for systems in SYSTEMS:
        for n in SIZES:
            column, cost = f"{systems} × {n}", systems * (2 + n / 100)
            for kind in KINDS:
                own = {"kind": kind, "n": n, "systems": systems}
                yield _cell(
                    "equal",
                    f"{kind}: any pair, any column",
                    column,
                    equal,
                    {**own, "metrics": METRICS},
                    cost=2 * cost,
                )
                for name in ("BLEU_2", "METEOR", "CIDEr"):
                    yield _cell(
                        "equal",
                        f"{kind}: any pair on {name}, declared",
                        column,
                        equal,
                        {**own, "metrics": (place_of(name)[0],), "columns": (name,)},
                        cost=cost / 2,
                    )
            own = {
                "kind": "captions",
                "n": n,
                "systems": systems,
                "metrics": ("cider",),
                "columns": ("CIDEr",),
            }
            yield _cell(
                "equal",
                "captions: against the baseline on CIDEr, declared",
                column,
                equal,
                {**own, "all": False},
                cost=cost / 3,
            )
            if systems > 2:
                yield _cell(
                    "equal",
                    "captions: any pair on CIDEr, declared, 5 % failed",
                    column,
                    equal,
                    {**own, "failed": 0.05},
                    cost=cost,
                )
            for share in (0.02, 0.4):
                yield _cell(
                    "equal",
                    f"share of {100 * share:.0f} %, any pair, declared",
                    column,
                    of_values,
                    {"shares": (share,) * systems, "n": n},
                    cost=cost / 4,
                )


def _clustered() -> Iterator[Cell]:
    for clusters in (5, 10, 30):
        for even in (True, False):
            for systems in (2, 3):
                for column in ("BLEU_2", "CIDEr"):
                    yield _cell(
                        "equal in clusters",
                        f"{systems} systems: {column}, any pair, declared",
                        f"{clusters} {'even' if even else 'uneven'}",
                        in_clusters,
                        {
                            "clusters": clusters,
                            "even": even,
                            "systems": systems,
                            "metrics": (place_of(column)[0],),
                            "columns": (column,),
                        },
                    )


def _margins() -> Iterator[Cell]:
    for n in (100, 200, 1000):
        for systems in (2, 3):
            for column in ("BLEU_2", "METEOR", "CIDEr"):
                for beyond in (-3.0, 3.0):
                    yield _cell(
                        "margins",
                        f"{systems} systems: {column}, truly {'worse' if beyond < 0 else 'better'}",
                        n,
                        to_be_seen,
                        {
                            "kind": "captions",
                            "metrics": (place_of(column)[0],),
                            "columns": (column,),
                            "n": n,
                            "systems": systems,
                            "beyond": beyond,
                        },
                        cost=n / 50,
                    )


def _power() -> Iterator[Cell]:
    for systems in (2, 3, 8):
        for n in (10, 30, 200):
            column = f"{systems} × {n}"
            yield _cell("power", "mean", column, of_values, {"n": n, "systems": systems})
            yield _cell(
                "power",
                "mean, clusters of 10",
                column,
                of_values,
                {"n": n, "systems": systems, "clustered": 10},
            )
            for name in ("BLEU_2", "METEOR", "CIDEr"):
                yield _cell(
                    "power",
                    name,
                    column,
                    to_be_seen,
                    {
                        "kind": "captions",
                        "metrics": (place_of(name)[0],),
                        "columns": (name,),
                        "n": n,
                        "systems": systems,
                    },
                    cost=systems,
                )


def compared(
    population: Population, random: np.random.Generator, sets: int, options: Mapping[str, Any]
) -> Tally:
    """Compare the systems of a plan as a run does, and count what was said of them."""
    plan = options["plan"](population, options)
    tally = Tally(sets=sets, claims=dict(plan.claims))
    names = [str(i) for i in range(len(next(iter(plan.truths.values()))))]
    for _ in range(sets):
        measured, labels = plan.draw(random)
        found = contrast(
            measured,
            names,
            clusters=labels,
            resampling=Resampling(replicates=EXCHANGES, seed=int(random.integers(2**31))),
            declared=plan.declared,
        )
        family: Counter[str] = Counter()
        for each in found:
            truth = plan.truths[each.metric]
            for pair in each.pairs:
                if plan.declared is None or pair.confirmatory:
                    counts = judged(pair, truth[int(pair.candidate)] - truth[int(pair.baseline)])
                    family.update(counts)
                    if (pair.baseline, pair.candidate) == ("0", "1"):
                        tally.add(each.metric, **counts)
        tally.add(
            ALL,
            pairs=family["pairs"],
            intervals=family["interval"],
            contradictions=family["contradictions"],
            interval=family["interval"] > 0,
            false=family["false"] > 0,
            unmarked=family["unmarked"] > 0,
            held=family["interval"] > 0 and family["interval"] == family["held"],
        )
    return tally


def judged(pair: Comparison, truth: float) -> dict[str, float]:
    """Say what is right and wrong about a comparison of a known true difference."""
    apart = pair.verdict == "told apart"
    wrong = abs(truth) < _NOTHING or (pair.delta > 0) != (truth > 0)
    held = small = False
    if pair.interval:
        low, high = pair.interval
        held = bool(low <= truth <= high)
        small = apart and pair.margin is not None and max(-low, high) < pair.margin
    return {
        "pairs": 1,
        "interval": pair.interval is not None,
        "held": held,
        "told": apart,
        "false": apart and bool(wrong),
        "unmarked": apart and bool(wrong) and not pair.rough,
        "equivalent": pair.verdict == "equivalent",
        "not worse": pair.verdict == "not worse",
        "small": small,
        "smallest": pair.smallest or 0.0,
        "contradictions": contradicts(pair),
    }


def contradicts(pair: Comparison) -> bool:
    """Tell whether interval, p-value, verdict and sentence of a comparison do not agree."""
    apart = pair.verdict == "told apart"
    said = sentence(pair)
    if pair.interval is None or pair.p_value is None:
        silent = pair.interval is None and pair.p_value is None
        return not (silent and pair.verdict == "cannot tell" and "cannot tell" in said)
    low, high = pair.interval
    agree = (low > 0 or high < 0) == apart == (pair.p_value < 0.05)
    agree &= ("unlikely to be chance" in said) == apart and low <= high
    within = pair.margin is not None and -pair.margin < low and high < pair.margin
    above = pair.margin is not None and low > -pair.margin
    agree &= (pair.verdict == "equivalent") == (within and not apart)
    agree &= (pair.verdict == "not worse") == (above and not within and not apart)
    return not agree


def sliced(
    population: Population, random: np.random.Generator, sets: int, options: Mapping[str, Any]
) -> Tally:
    """Compare equal systems on slices of four fields of four values, as ``harness slice`` does."""
    plan = equal(population, options)
    tally = Tally(sets=sets)
    pairs = [pair for pair in combinations(range(options["systems"]), 2) if pair[0] == 0]
    for _ in range(sets):
        measured, _labels = plan.draw(random)
        fields = random.choice(4, size=(4, options["n"]), p=(0.5, 0.3, 0.15, 0.05))
        groups = [
            group
            for values in fields
            for value in range(4)
            for one in measured
            for group in grouped(one, pairs, None, values == value)
        ]
        conclusions = conclude(
            [(group, group.tests) for group in groups],
            Resampling(replicates=EXCHANGES, seed=int(random.integers(2**31))),
        )
        apart = [c.difference.told_apart for c in conclusions.values()]
        tally.add(
            ALL,
            interval=bool(apart),
            intervals=len(apart),
            false=any(apart),
            pairs=sum(len(group.tests) for group in groups),
        )
    return tally
