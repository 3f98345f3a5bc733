"""A dataset → its card: one HTML page with pictures that says what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from harness.config.load import find_dataset
from harness.dataset.choosing_rows import chosen_text
from harness.dataset.facts import facts_of
from harness.pipeline.looking.data_check import checked_data, read_data
from harness.records import DataAccount, Finding
from harness.report.data_page import data_page
from harness.report.named_file import page_mark, refuse_other, write_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.pipeline.looking.data_check import DataChecked, Progress
    from harness.records import Dropped, Sample

_MARK = page_mark("data card")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What was written."""

    path: Path
    sealed: str | None
    """What is to be known of showing a sealed split; None: it is not sealed."""


def write_card(
    dataset: str,
    path: Path | None,
    progress: Progress,
    *,
    samples: int,
    seed: int,
    split: str | None = None,
) -> Card:
    """Read a whole dataset, as ``harness data check`` does, and write its card.

    Args:
        dataset: its name under ``datasets/``, or a path ending in .yaml.
        path: of the page. None: the dataset's name, in the current folder.
        progress: told how far it is.
        samples: how many to show.
        seed: by which they are drawn.
        split: of the dataset; default: its first, where it has some.

    Raises:
        ConfigErrors: there is no such dataset, or its description is wrong.
        DataError: its file cannot be read, or nothing of it can be used.
        HarnessError: the page cannot be written, or something else stands there.
    """
    to = path or Path(f"{find_dataset(dataset, Path()).name}-card.html")
    refuse_other(to, _MARK)  # before all is read
    config, loaded = read_data(dataset, progress, split=split)
    checked = checked_data(config, loaded)
    account = _account(checked)
    progress.stage("drawing its card")
    chosen = _drawn(loaded.samples, samples, seed)
    page = data_page(config, account, facts_of(loaded.samples), chosen, seed=seed)
    write_named(to, page, _MARK)
    return Card(path=to, sealed=checked.sealed)


def _drawn(samples: Sequence[Sample], count: int, seed: int) -> list[Sample]:
    """Draw samples by chance; they stay in their order."""
    places = range(len(samples))
    return [samples[i] for i in sorted(Random(seed).sample(places, min(count, len(samples))))]


def _account(checked: DataChecked) -> DataAccount:
    return DataAccount(
        rows=checked.rows,
        left_out=tuple(_reasons(checked, checked.dropped)),
        ending=tuple(_reasons(checked, checked.ending)),
        mended=tuple(
            Finding(
                what=f"by {each.step}",
                count=each.references,
                examples=(f"{each.first}: {each.before!r} became {each.after!r}",)
                if each.references
                else (),
            )
            for each in checked.mended
        ),
        suspicious=tuple(
            Finding(what=odd.what, count=odd.count, examples=odd.examples)
            for odd in checked.suspicious
        ),
        notes=(*filter(None, [checked.sealed, chosen_text(checked.chosen)]), *checked.notes),
    )


def _reasons(checked: DataChecked, rows: Sequence[Dropped]) -> Iterator[Finding]:
    for reason in checked.reasons(rows):
        told = tuple(
            f"{checked.counted} {row.row}{row.id and f' {row.id}'}: {row.detail}"
            for row in reason.examples
        )
        yield Finding(what=reason.reason.replace("_", " "), count=reason.rows, examples=told)
