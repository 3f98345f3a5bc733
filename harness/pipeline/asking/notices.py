"""A plan → sentences on data that were not what they seemed and on answers that prompts give away.

What is refused unless a suite allows it is found by ``leakage``. A sample whose own answer stands
in the prompt otherwise is asked and scored: to leave it out of one variant would compare the
variants on different samples, and to leave it out of all would make one prompt decide what the
others are measured on. So it is counted and said.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.dataset.choosing_rows import chosen_text
from harness.dataset.mending import mended_texts
from harness.engines.protocol import REPLAY
from harness.metrics.diversity import words
from harness.pipeline.asking.declaring import missing_baseline
from harness.pipeline.asking.leakage import FEWEST_WORDS
from harness.pipeline.asking.shown_answers import LISTED, first_ids, shown_answers, stands_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.pipeline.asking.plan import Plan


def notices(plan: Plan, *, shown: bool = True) -> tuple[str, ...]:
    """Say where a model may be shown what it is to find out, with counts.

    References that are metadata too, of two words that stand in a prompt's own text, or that it
    shows. Before these, what was taken for something else than it is in the files of data, that the
    declared baseline is left out, and which pictures were not compared with exemplars'.

    Args:
        plan: with all samples.
        shown: whether to say which variants show references that samples' own data hold.
    """
    said = list(plan.leakage.notices) if plan.leakage else []
    said += filter(None, [chosen_text(plan.dataset.chosen)])
    said += [*plan.data_notes, *mended_texts(plan.suite.dataset.path.name, plan.dataset.mended)]
    said += _reference_columns(plan)
    if plan.suite.decide and missing_baseline(plan):
        said.append(
            f"the declared comparison cannot be made: the baseline '{plan.suite.decide.baseline}' "
            "is not among the run's variants"
        )
    said += _without_controls(plan)
    said += _without_images(plan)
    for name, similar in plan.similar.items():
        said += similar.notices(name)
    said += _own_texts(plan)
    if shown:
        said += [f"variant '{each.variant}' {each}" for each in shown_answers(plan)]
    return tuple(said)


def _without_controls(plan: Plan) -> Iterator[str]:
    files = [model.name for model in plan.suite.models if model.engine == REPLAY]
    if files and plan.suite.controls:
        yield f"there are no controls of {', '.join(files)}: of a file of predictions nobody asks"


def _without_images(plan: Plan) -> Iterator[str]:
    """Say how many samples there are for predictions alone; nothing is fetched to tell it."""
    config = plan.suite.dataset
    if config.image_url is None and (count := sum(not sample.media for sample in plan.samples)):
        have = "1 sample has" if count == 1 else f"{count:,} samples have"
        yield (
            f"{config.path.name}: {have} no image that can be read here, and predictions need "
            "none, so that they are kept; a run would not use them"
        )


def _reference_columns(plan: Plan) -> Iterator[str]:
    config = plan.suite.dataset
    for column in config.reference_columns:
        if column in config.metadata_columns:
            yield (
                f"dataset '{config.name}': the reference column '{column}' is listed under "
                "metadata too, so that a prompt can show a model the answer"
            )


def _own_texts(plan: Plan) -> Iterator[str]:
    """Say which variants' own texts hold references of two words, and of how many samples."""
    own = {variant.name: words(variant.own_text) for variant in plan.suite.variants}
    counts: Counter[str] = Counter()
    first: dict[str, list[str]] = {name: [] for name in own}
    for sample in plan.samples if own else ():
        references = {words(reference) for reference in sample.references}
        two = [text for text in references if 0 < text.count(" ") < FEWEST_WORDS - 1]
        for name, text in own.items():
            if any(stands_in(reference, text) for reference in two):
                counts[name] += 1
                if counts[name] <= LISTED + 1:  # one more says that there are more
                    first[name].append(sample.id)
    for name in own:
        if not (count := counts[name]):
            continue
        yield (
            f"variant '{name}': a reference of two words of "
            f"{_of(count, len(plan.samples), 'sample')} stands in the prompt's own text "
            f"({first_ids(first[name])})"
        )


def _of(count: int, whole: int, word: str) -> str:
    return f"{count} of {whole} {word}s"
