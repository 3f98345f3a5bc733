"""``exemplars:`` of a variant + the dataset it names → the samples that its prompts show."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import islice
from typing import TYPE_CHECKING

from harness.config.exemplars import BY_FIELD, arranged
from harness.config.load import find_dataset
from harness.dataset.row_reader import NoSampleError
from harness.dataset.similar import ImageLikeness, WordLikeness, order
from harness.errors import ConfigError, DataError
from harness.media import Looks
from harness.nearest import nearest
from harness.pipeline.asking.in_common import InCommon, looks_of
from harness.pipeline.asking.plan_samples import samples_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.dataset.similar import Likeness
    from harness.records import (
        DatasetConfig,
        ExemplarSpec,
        MediaRef,
        Place,
        PromptVariant,
        Sample,
        Suite,
        Where,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a plan reads its files."""

    probe: Callable[[Place], MediaRef]
    look: Callable[[MediaRef], str]
    unsuitable: Callable[[MediaRef], str | None] | None = None
    """Says why an image cannot be shown to a model of the run; None: all can."""
    pools: dict[tuple[tuple[str | None, ...], bool], Sequence[Sample]] = field(default_factory=dict)
    """Datasets that are read whole to choose from, by their data and whether their images are
    shown: variants share them."""

    def samples(
        self,
        config: DatasetConfig,
        spec: ExemplarSpec,
        *,
        limit: int | None = None,
        ids: Sequence[str] | None = None,
    ) -> Sequence[Sample]:
        """Read samples of a dataset, none of a sealed split, none whose image cannot be shown.

        Raises:
            DataError: they are not there, or cannot be used.
        """
        return samples_of(
            config,
            self.probe,
            limit=limit,
            ids=ids,
            unsealed=True,
            look=self.look,
            unsuitable=self.unsuitable if spec.images else None,
        ).samples


def exemplars_of(variant: PromptVariant, suite: Suite, reading: Reading) -> tuple[Sample, ...]:
    """Load the samples that a variant shows as worked examples in every prompt.

    Those that are listed, the first, or some at random: by the hash of the seed and each id, so
    that a larger count keeps those of a smaller one, and a row that is added changes few.

    Returns:
        None at all where each sample has its own.

    Raises:
        HarnessError: its place is the variant where that asks for what is not there, and the
            dataset's file where the data are wrong.
    """
    spec = variant.exemplars
    if spec is None or spec.choose == "similar" or not (spec.ids or spec.number):
        return ()
    config = find_dataset(spec.dataset, suite.folder, asked=_at(variant, "dataset"))
    if spec.choose == "random":
        pool = _pool(config, spec, reading)
        _enough(variant, spec, config, len(pool))
        ranked = nsmallest(spec.number, pool, key=lambda s: (_drawn(spec.seed, s.id), s.id))
        return tuple(arranged(ranked, spec.arranged))
    if spec.choose == "first":
        first = reading.samples(config, spec, limit=spec.number)
        _enough(variant, spec, config, len(first))
        return tuple(arranged(first, spec.arranged))
    try:
        return tuple(reading.samples(config, spec, ids=spec.ids))
    except NoSampleError as error:
        i = spec.listed.index(error.sample_id)
        error.where = _at(variant, f"ids.{i}")
        raise
    except DataError as error:
        reading.samples(config, spec, limit=1)  # raises where the dataset itself is wrong
        error.where = _at(variant, "ids")
        raise


def similar_of(variant: PromptVariant, suite: Suite, reading: Reading) -> SimilarExemplars | None:
    """Load what a variant chooses from for each sample anew; None where it does not.

    Raises:
        HarnessError: the dataset cannot be used, has too few samples, or lacks the field.
    """
    spec = variant.exemplars
    if spec is None or not spec.number or spec.choose != "similar":
        return None
    config = find_dataset(spec.dataset, suite.folder, asked=_at(variant, "dataset"))
    by = spec.by or ""
    name = by.removeprefix(BY_FIELD)
    for each in (config, suite.dataset) if by.startswith(BY_FIELD) else ():
        if name not in each.metadata_columns:
            message = f"'exemplars.by': the dataset '{each.name}' has no metadata '{name}'"
            hint = nearest(name, each.metadata_columns) or "list the column under 'metadata:'"
            raise ConfigError(message, where=variant.where.get("exemplars.by"), hint=hint)
    pool = _pool(config, spec, reading)
    _enough(variant, spec, config, len(pool))
    likeness: Likeness = (
        WordLikeness(pool, name)
        if by.startswith(BY_FIELD)
        else ImageLikeness(pool, lambda ref: next(looks_of([ref], reading.look)))
    )
    same_data = config.data == suite.dataset.data
    in_common = InCommon(variant, pool, same_data=same_data, look=reading.look, pictures=False)
    return SimilarExemplars(spec, pool, likeness, in_common, reading.look)


class SimilarExemplars:
    """Chooses for each sample the most similar candidates.

    Never one that tells about it: the sample itself, one with its image's bytes, a picture that
    looks the same, or an answer that is one of its references. What was chosen is remembered.
    """

    def __init__(
        self,
        spec: ExemplarSpec,
        candidates: Sequence[Sample],
        likeness: Likeness,
        in_common: InCommon,
        look: Callable[[MediaRef], str],
    ) -> None:
        self.candidates = candidates
        self.chosen: dict[str, tuple[int, ...]] = {}
        """Sample → places of its exemplars among the candidates, as they are shown."""
        self.fewer: set[str] = set()
        """Samples for which too few candidates are left."""
        self.unlike: set[str] = set()
        """Samples of which the candidate that is shown first has nothing in common with it."""
        self._spec = spec
        self._likeness = likeness
        self._in_common = in_common
        self._look = look

    def __call__(self, sample: Sample) -> tuple[Sample, ...]:
        """Give the exemplars of a sample, the most similar first where ``order`` is as listed."""
        if sample.id not in self.chosen:
            self._choose(sample)
        return tuple(self.candidates[i] for i in self.chosen[sample.id])

    def used(self) -> list[int]:
        """Give the places of all candidates that are shown to any sample."""
        return sorted({i for places in self.chosen.values() for i in places})

    def notices(self, name: str) -> Iterator[str]:
        """Say what its prompts cost and lack."""
        if self._spec.form == "turns":  # text may stand behind the sample's image
            yield (
                f"variant '{name}': each sample has exemplars of its own, so its prompts have no "
                "beginning in common, and nothing that was computed for one is used for the next"
            )
        for samples, what in (
            (self.fewer, f"fewer than {self._spec.number} exemplars, since others tell about them"),
            (self.unlike, "exemplars that have nothing in common with them, the first of the data"),
        ):
            if samples:
                count = len(samples)
                have = "1 sample has" if count == 1 else f"{count} samples have"
                yield f"variant '{name}': {have} {what}"

    def _choose(self, sample: Sample) -> None:
        likeness = self._likeness.to(sample)
        told = {leak.exemplar for leak in self._in_common.with_(sample)}
        own = Looks(list(looks_of(sample.media, self._look)))
        ranked = (
            i
            for i in order(likeness)
            if self.candidates[i].id not in told and not self._looks_like(own, i)
        )
        places = list(islice(ranked, self._spec.number))
        if len(places) < self._spec.number:
            self.fewer.add(sample.id)
        if places and likeness[places[0]] <= 0:
            self.unlike.add(sample.id)
        self.chosen[sample.id] = tuple(arranged(places, self._spec.arranged))

    def _looks_like(self, own: Looks, place: int) -> bool:
        """Tell whether a candidate's picture is one with these looks; few candidates are asked."""
        return any(own.near(look) for look in looks_of(self.candidates[place].media, self._look))


def _pool(config: DatasetConfig, spec: ExemplarSpec, reading: Reading) -> Sequence[Sample]:
    """Read a whole dataset, once for all variants that choose from it."""
    name = (config.data, spec.images)
    if name not in reading.pools:
        reading.pools[name] = reading.samples(config, spec)
    return reading.pools[name]


def _enough(variant: PromptVariant, spec: ExemplarSpec, config: DatasetConfig, there: int) -> None:
    if there < spec.number:
        message = f"{spec.number} exemplars are wanted, and '{config.name}' has {there} samples"
        raise ConfigError(message, where=_at(variant, "count"))


def _at(variant: PromptVariant, key: str) -> Where | None:
    """Give the place of a key of ``exemplars:``."""
    return variant.where.get(f"exemplars.{key}") or variant.where.get("exemplars")


def _drawn(seed: int, sample_id: str) -> str:
    return hashlib.sha256(f"{seed}\0{sample_id}".encode(errors="surrogatepass")).hexdigest()
