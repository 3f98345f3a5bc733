"""Answers come in blocks that hold what the file holds, in whatever order that is."""

import random
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
from made_runs import MadeSamples, record, said, system, title

from harness.errors import StoreError
from harness.metrics.tools import ScoringTools
from harness.pipeline.reading.answered import Answered
from harness.pipeline.reading.answers import answer_blocks
from harness.pipeline.reading.scoring import score_run
from harness.records import MetricSpec, VariantRecord
from harness.store.run_folder import RunFolder

SAMPLES = MadeSamples(7)
RUN = record(7, system("a"), system("b", draws=2))


def lines():
    """Give completions as a run writes them: sample by sample, and draw by draw."""
    first = [said(name, place, f"{name}{place}") for place in range(7) for name in "ab"]
    return [
        *first,
        *(said("b", place, f"again {place}", draw=1) for place in (4, 0, 6, 2, 1, 3, 5)),
    ]


def read(tmp_path, completions, size, run=RUN, samples=SAMPLES):
    return list(answer_blocks(completions, run, samples, tmp_path / "c.jsonl", size=size))


def texts(blocks):
    return {
        (part.draw, part.system, place): answer.text
        for parts in blocks
        for part in parts
        for place, answer in zip(part.places.tolist(), part.answers, strict=True)
    }


@pytest.mark.parametrize("size", [1, 3, 4, 100])
def test_blocks_hold_all_answers_and_no_sample_is_parted_from_its_systems(tmp_path, size):
    blocks = read(tmp_path, lines(), size)
    assert len(texts(blocks)) == sum(len(part.answers) for parts in blocks for part in parts) == 21
    assert texts(blocks)[1, "b", 6] == "again 6"
    for parts in blocks:
        assert [(part.draw, part.system) for part in parts] == sorted(
            (part.draw, part.system) for part in parts
        )
        assert all(part.places.tolist() == sorted(part.places) for part in parts)
        first = [part.places.tolist() for part in parts if part.draw == 0]
        assert len(first) in (0, 2)
        assert first[:1] == first[1:]
        assert sum(len(part.answers) for part in parts) < size + 2
    assert all(
        answer.sample.id == f"s{place}"
        for parts in blocks
        for part in parts
        for place, answer in zip(part.places.tolist(), part.answers, strict=True)
    )


def test_completions_in_any_order_are_the_same_answers(tmp_path):
    mixed = lines()
    random.Random(3).shuffle(mixed)
    assert texts(read(tmp_path, mixed, 4)) == texts(read(tmp_path, lines(), 100))


def test_what_post_processing_changed_stands_beside_it_as_it_was(tmp_path):
    run = replace(RUN, variants={**RUN.variants, "a": VariantRecord(postprocess=("lowercase",))})
    completions = [said("a", 2, "Egg toast"), *(each for each in lines() if each.sample_id != "s2")]
    completions += [said("b", 2, "Egg"), said("b", 2, "Egg", draw=1)]
    completions = [each for each in completions if each.system == "b" or each.sample_id != "s5"]
    completions.append(said("a", 5, "Egg tart"))
    found = [part for parts in read(tmp_path, completions, 100, run) for part in parts]
    [part] = [part for part in found if part.system == "a"]
    raw = {part.answers[i].sample.id: (part.answers[i].text, a.text) for i, a in part.raw.items()}
    assert raw == {"s2": ("egg toast", "Egg toast"), "s5": ("egg tart", "Egg tart")}
    assert not any(part.raw for part in found if part.system == "b")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c[:-1], "draw 1 of system 'b' for sample 's5' is not there"),
        (lambda c: [*c, c[3]], "draw 0 of system 'b' for sample 's1' stands twice"),
        (lambda c: [*c, replace(c[0], draw=1)], "it holds more draws than the run had"),
        (lambda c: [*c, replace(c[0], draw=-1)], "it holds more draws than the run had"),
        (lambda c: [*c, replace(c[0], sample_id="s7")], "a line is of sample 's7'"),
        (lambda c: [*c, replace(c[0], system="c")], "a line is of system 'c', variant 'a'"),
    ],
)
@pytest.mark.parametrize("size", [2, 100])
def test_what_is_damaged_is_told(tmp_path, change: Callable, says, size):
    with pytest.raises(StoreError, match=says):
        read(tmp_path, change(lines()), size)


def test_a_draw_that_was_never_read_is_told_before_room_is_made_for_it(tmp_path):
    """Found: a run.json that says 10^12 repeats must not make as many lists."""
    run = replace(record(7, system("a"), repeats=10**12), id="r")
    folder = RunFolder.create(tmp_path, "titles")
    answered = Answered(folder, run, SAMPLES, [said("a", i, "egg") for i in range(7)])
    specs = [MetricSpec(name="bleu")]
    with (
        ScoringTools(tokenizer="none") as tools,
        pytest.raises(StoreError, match="draw 1 of system 'a' for sample 's0' is not there"),
    ):
        score_run(folder, answered, tools, specs, cost=None)


def peak_of_scoring(folder, size):
    """Give the most memory that scoring takes, whose samples and completions nobody holds."""
    samples, run = MadeSamples(size), record(size, system("a"))
    made = RunFolder.create(folder, f"of {size}")
    run = replace(run, id=made.path.name, suite=f"of {size}")
    made.write_run(run)
    completions = (said("a", place, title(place * 7 + 3)) for place in range(size))
    answered = Answered(made, run, samples, completions, block=300)
    specs = [MetricSpec(name=name) for name in ("bleu", "rouge_l", "cider")]
    tracemalloc.start()
    with ScoringTools(tokenizer="none", most=1_000) as tools:
        score_run(made, answered, tools, specs, cost=None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_scoring_keeps_numbers_of_each_sample_and_no_text(tmp_path):
    """Found: 3.8 kB an answer; the texts, their tokens and n-grams of all samples were held."""
    peak_of_scoring(tmp_path, 50)  # what is imported and remembered once
    small, large = (peak_of_scoring(tmp_path, size) for size in (6_000, 9_000))
    assert (large - small) / 3_000 < 400
