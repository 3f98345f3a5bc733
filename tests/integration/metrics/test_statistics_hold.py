"""On people's captions: do intervals, tests and claims err as often as they say?

Some cells of ``benchmarks/statistics``, of fewer data sets and fewer images.
"""

import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "benchmarks" / "statistics"
SETS = 400
"""A chance of 5 % varies by 1.1 points over them, and one of 80 % by 2."""


@pytest.fixture(scope="module")
def benchmark():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        import compared
        import populations
        import scores_alone

        yield populations, [*scores_alone.cells(), *compared.cells()]
        for name in ("cells", "compared", "populations", "scores_alone", "systems"):
            del sys.modules[name]


@pytest.fixture(scope="module")
def measure(benchmark, tools):
    populations, cells = benchmark
    arrays = populations.scored(tools, images=400, kinds=("captions",))
    population = populations.Population(arrays=arrays)

    def run(part, row, column):
        [cell] = [c for c in cells if (c.part, c.row, c.column) == (part, row, column)]
        return cell.run(population, SETS)

    return run


@pytest.mark.parametrize(
    ("part", "row", "column", "score"),
    [
        ("scores", "captions cider", "50", "CIDEr"),
        ("scores", "captions bleu", "200", "BLEU_2"),
        ("scores", "captions meteor", "50", "METEOR"),
        ("scores", "skewed mean, Beta(.3, 2)", "50", "MEAN"),
        ("scores", "share 98 %", "200", "SHARE"),
        ("clusters", "share 40 %", "10 uneven", "SHARE"),
        ("clusters", "captions cider", "30 even", "CIDEr"),
        ("differences", "2 systems: captions METEOR", "50", "all"),
        ("differences", "3 systems: captions, every column", "50", "all"),
    ],
)
def test_intervals_hold_the_truth_in_95_of_100_data_sets(measure, part, row, column, score):
    tally = measure(part, row, column)

    assert tally.share(score, "interval") > 90
    assert 91.5 <= tally.share(score, "held", "interval") <= 98.5


@pytest.mark.parametrize(
    ("part", "row", "column", "score"),
    [
        ("scores", "captions bleu", "20", "BLEU_4"),
        ("clusters", "captions cider", "5 even", "CIDEr"),
        ("clusters", "share 40 %", "5 uneven", "SHARE"),
    ],
)
def test_there_is_no_interval_where_the_data_cannot_give_one(measure, part, row, column, score):
    assert measure(part, row, column).share(score, "interval") < 2


@pytest.mark.parametrize(
    ("part", "row", "column"),
    [
        ("equal", "captions: any pair, any column", "3 × 50"),
        ("equal", "captions: any pair on CIDEr, declared", "8 × 20"),
        ("equal", "captions: against the baseline on CIDEr, declared", "8 × 50"),
        ("equal", "captions: any pair on CIDEr, declared, 5 % failed", "3 × 50"),
        ("equal", "share of 40 %, any pair, declared", "3 × 50"),
        ("equal in clusters", "2 systems: CIDEr, any pair, declared", "10 uneven"),
        ("weak", "wordy: captions METEOR", "200"),
        ("weak", "wordy: captions CIDEr", "50"),
    ],
)
def test_equal_systems_are_told_apart_in_5_of_100_data_sets_whatever_is_picked(
    measure, part, row, column
):
    tally = measure(part, row, column)

    assert tally.share("all", "intervals", "pairs") > 50
    assert tally.share("all", "false") <= 5 + 3.4
    assert not tally.counts["all"]["contradictions"]


@pytest.mark.parametrize(
    ("row", "column", "score"),
    [
        ("METEOR", "2 × 30", "METEOR"),
        ("METEOR", "3 × 30", "METEOR"),
        ("mean, clusters of 10", "2 × 10", "MEAN"),
    ],
)
def test_the_difference_that_is_claimed_to_be_seen_is_seen_in_80_of_100(
    measure, row, column, score
):
    tally = measure("power", row, column)

    assert 74 <= tally.share(score, "told") <= 86
    assert not tally.counts["all"]["contradictions"]


def test_a_difference_of_the_margin_is_seldom_called_less(measure):
    tally = measure("margins", "2 systems: BLEU_2, truly worse", "200")

    assert tally.share("BLEU_2", "equivalent") <= 5
    assert tally.share("BLEU_2", "not worse") <= 5
    assert not tally.counts["all"]["contradictions"]
