"""Samples → what they are like as a whole: lengths, words, repeats, sizes of images.

Of a sample are kept hashes and counts, so that the memory hardly grows with it. Images are not
decoded: their sizes are read from their headers.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from typing import TYPE_CHECKING

from harness.dataset.same_words import same_words
from harness.dataset.topics import telling_words
from harness.errors import DataError
from harness.media import upright_size
from harness.metrics.diversity import words
from harness.records import Alike, Bar, DataFacts, Repeats, Spread
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from harness.records import MediaRef, Sample

FREQUENT = 100
"""Words that are kept."""
_BARS = 24
"""Of one chart, at most."""
_EXAMPLES = 6
_IDS = 4
"""Samples that are named of each example."""
_SHAPES = {
    "9:16": 9 / 16, "2:3": 2 / 3, "3:4": 3 / 4, "4:5": 4 / 5, "1:1": 1.0, "5:4": 5 / 4,
    "4:3": 4 / 3, "3:2": 3 / 2, "16:9": 16 / 9,
}  # fmt: skip
_NEAR = 1.06
"""A picture is of a shape that it differs from by no more than this factor."""


def facts_of(samples: Sequence[Sample]) -> DataFacts:
    """Look at all samples; there is at least one."""
    lengths: Counter[int] = Counter()
    frequent: Counter[str] = Counter()
    extremes: dict[int, str] = {}
    """Number of words → the first reference that has so many."""
    images, titles = _Groups(), _Groups()
    sizes: Counter[tuple[int, int]] = Counter()
    for sample in samples:
        for text in sample.references:
            length = len(words(text).split())
            lengths[length] += 1
            extremes.setdefault(length, text)
            frequent.update(sorted(telling_words(text)))
        for plain in {same_words(text) for text in sample.references}:
            titles.add(plain, sample)
        for ref in {ref.sha256: ref for ref in sample.media}.values():
            images.add(ref.sha256, sample, ref)
        sizes.update(map(_size, sample.media))
    clusters = clusters_of(samples)
    by_area = sorted(sizes, key=lambda size: (size[0] * size[1], size)) or [(0, 0)]
    sides: Counter[int] = Counter()
    for size, count in sizes.items():
        sides[max(size)] += count
    return DataFacts(
        samples=len(samples),
        units=len(samples) if clusters is None else int(clusters.max()) + 1,
        references=lengths.total(),
        images=sizes.total(),
        lengths=spread(lengths),
        shortest=extremes[min(lengths)],
        longest=extremes[max(lengths)],
        frequent=tuple(Bar(label=w, count=n) for w, n in frequent.most_common(FREQUENT)),
        references_each=spread(Counter(len(sample.references) for sample in samples)),
        images_each=spread(Counter(len(sample.media) for sample in samples)),
        longer_sides=spread(sides) if sides else None,
        shapes=shapes(sizes),
        smallest=by_area[0],
        largest=by_area[-1],
        same_images=images.repeats(),
        same_references=titles.repeats(),
    )


def spread(counts: Mapping[int, int]) -> Spread:
    """Put numbers into ranges of one width, so few that they can be drawn.

    Of a long tail, the last half percent at most, one open range is made.

    Args:
        counts: number → how often it occurs; not empty.
    """
    numbers = sorted(counts)
    least, most = numbers[0], numbers[-1]
    tail = _quantile(counts, 0.995)
    width = _width(tail - least + 1)
    start = least - least % width
    if most < start + _BARS * width:
        tail = most  # it is not far
    bars = [0] * ((tail - start) // width + 1)
    beyond = start + len(bars) * width
    over = 0
    for number, count in counts.items():
        if number < beyond:
            bars[(number - start) // width] += count
        else:
            over += count
    drawn = [Bar(label=_range(start + i * width, width), count=n) for i, n in enumerate(bars)]
    if start == 0 < least:  # nothing has none of it
        drawn[0] = Bar(label=_range(1, width - 1), count=bars[0])
    if over:
        drawn.append(Bar(label=f"{beyond:,} or more", count=over))
    median = (_quantile(counts, 0.5) + _quantile(counts, 0.5, upper=True)) / 2
    return Spread(least=least, median=median, most=most, bars=tuple(drawn))


def shapes(sizes: Mapping[tuple[int, int], int]) -> tuple[Bar, ...]:
    """Count images by their shape, from the tallest to the widest that occur."""
    counts: Counter[str] = Counter()
    for (width, height), count in sizes.items():
        counts[_shape(width / height)] += count
    named = ["taller than 9:16"]
    for name in _SHAPES:
        named += [name, f"wider than {name}"]
    return tuple(Bar(label=name, count=counts[name]) for name in named if counts[name])


class _Groups:
    """Samples by what they have in common; a hash is kept of it, and the first few ids."""

    def __init__(self) -> None:
        self._first: dict[Hashable, Sample] = {}
        self._ids: dict[Hashable, list[str]] = {}
        """Of what two samples have, or more."""
        self._counts: Counter[Hashable] = Counter()
        self._images: dict[Hashable, MediaRef] = {}
        self._samples: set[str] = set()
        """Those that share something; one may be in several groups."""

    def add(self, text: str, sample: Sample, image: MediaRef | None = None) -> None:
        digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()
        first = self._first.setdefault(digest, sample)
        if first is sample:
            return
        ids = self._ids.setdefault(digest, [first.id])
        if image:
            self._images[digest] = image
        if len(ids) < _IDS:
            ids.append(sample.id)
        self._counts[digest] += 1
        self._samples |= {first.id, sample.id}

    def repeats(self) -> Repeats:
        examples = [
            Alike(
                text=self._first[digest].references[0],
                ids=tuple(self._ids[digest]),
                samples=count + 1,
                image=self._images.get(digest),
            )
            for digest, count in self._counts.most_common(_EXAMPLES)
        ]
        return Repeats(
            groups=len(self._counts), samples=len(self._samples), examples=tuple(examples)
        )


def _size(ref: MediaRef) -> tuple[int, int]:
    """Give the size of an image upright; what lies in an archive would have to be read whole."""
    try:
        return upright_size(ref) if ref.path else (ref.width, ref.height)
    except DataError:  # it has changed since it was probed
        return ref.width, ref.height


def _shape(ratio: float) -> str:
    nearest = min(_SHAPES, key=lambda name: abs(math.log(ratio / _SHAPES[name])))
    if abs(math.log(ratio / _SHAPES[nearest])) <= math.log(_NEAR):
        return nearest
    narrower = [name for name, value in _SHAPES.items() if value < ratio]
    return f"wider than {narrower[-1]}" if narrower else "taller than 9:16"


def _width(span: int) -> int:
    """Give the least round width of which a few dozen make a span."""
    power = 1
    while True:
        for width in (power, 2 * power, 5 * power):
            if span <= width * _BARS:
                return width
        power *= 10


def _range(low: int, width: int) -> str:
    return f"{low:,}" if width == 1 else f"{low:,}–{low + width - 1:,}"


def _quantile(counts: Mapping[int, int], share: float, *, upper: bool = False) -> int:
    """Give the smallest number that at least a share of all do not exceed; upper: more than it."""
    wanted = share * sum(counts.values())
    seen = 0
    for number in sorted(counts):
        seen += counts[number]
        if seen > wanted or (seen >= wanted and not upper):
            break
    return number
