"""Runs of any size that stand nowhere: samples and completions are made as they are asked for."""

from collections.abc import Sequence

from harness.records import (
    Completion,
    DatasetRecord,
    Decoding,
    Machine,
    MetricSpec,
    ModelRecord,
    RunRecord,
    Sample,
    StoredCompletion,
    System,
    VariantRecord,
)

WORDS = "lemon shrimp skillet tomato salad corn chowder bacon egg toast apple tart".split()
GREEDY = Decoding(name="greedy", params={})


def title(number):
    """Give one of a million titles of five words, and a word that is none of another's."""
    digits = [number // 12**place % 12 for place in range(5)]
    return " ".join(WORDS[digit] for digit in digits)


class MadeSamples(Sequence):
    """Samples that nobody holds."""

    def __init__(self, size):
        self._size = size

    def __len__(self):
        return self._size

    def __getitem__(self, place):
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(self._size))]
        if not 0 <= place < self._size:
            raise IndexError(place)
        return Sample(id=f"s{place}", media=(), references=(title(place),))


def record(samples, *systems, repeats=1, metrics=("bleu", "rouge_l", "cider")):
    """Say what a run asks; each system is a variant."""
    return RunRecord(
        id="x",
        suite="titles",
        baseline=systems[0].variant,
        repeats=repeats,
        metrics=tuple(MetricSpec(name=name) for name in metrics),
        tokenizer="none",
        systems=systems,
        models={"m": ModelRecord(name="m", engine="fake", model="none")},
        variants={s.variant: VariantRecord(user="Name it.") for s in systems},
        dataset=DatasetRecord(name="d", description="", samples=samples, dropped=()),
        created="2026-01-01T00:00:00+00:00",
        command=("harness", "run"),
        versions={},
        machine=Machine(
            python="3.11", platform="Linux", processor="p", cores=None, memory_gib=None
        ),
    )


def system(name="a", draws=1):
    """Make a system of its own variant."""
    return System(name=name, model="m", variant=name, decoding=GREEDY, draws=draws)


def said(system, place, text, draw=0):
    """Make a completion in its place."""
    made = Completion(key=f"{system} {place} {draw}", text=text, finish_reason="stop")
    return StoredCompletion(
        system=system, variant=system, sample_id=f"s{place}", completion=made, draw=draw
    )
