"""The pictures that the demo's model is trained on, drawn once and kept.

Turns a seed into a file of small pixels and the dishes they show. No dish of
the demo's datasets is among them.
"""

from __future__ import annotations

import logging
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from harness.demo.build import datasets
from harness.demo.dishes import Combination, Dish, choose_dish
from harness.demo.draw import draw_dish

if TYPE_CHECKING:
    from pathlib import Path

PIXELS = 112
SEED = 77_000_000
CHUNK = 250

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Pictures and what they show.

    Attributes:
        pixels: uint8, shape (count, `PIXELS`, `PIXELS`, 3).
        dishes: what each shows.
    """

    pixels: npt.NDArray[np.uint8]
    dishes: list[Dish]

    def part(self, start: int, stop: int) -> Pictures:
        """The pictures from `start` up to `stop`."""
        return Pictures(pixels=self.pixels[start:stop], dishes=self.dishes[start:stop])


def held_out_combinations() -> frozenset[Combination]:
    """The combinations of both committed datasets."""
    held_out, train = datasets()
    return frozenset(dish.combination for dish in (*held_out, *train))


def small_pixels(picture: Image.Image) -> npt.NDArray[np.uint8]:
    """A picture as the image processor would resize it: uint8, (PIXELS, PIXELS, 3)."""
    small = picture.convert("RGB").resize((PIXELS, PIXELS), Image.Resampling.BICUBIC)
    return np.asarray(small, dtype=np.uint8)


def training_dishes(count: int) -> list[Dish]:
    """Dishes to train on, in a fixed order; a larger count only appends."""
    forbidden = held_out_combinations()
    rng = Random(SEED)
    dishes: list[Dish] = []
    while len(dishes) < count:
        dish = choose_dish(rng)
        if dish.combination not in forbidden:
            dishes.append(dish)
    return dishes


def _draw_chunk(job: tuple[int, list[Dish]]) -> npt.NDArray[np.uint8]:
    first, dishes = job
    drawn = [small_pixels(draw_dish(dish, SEED + first + i)) for i, dish in enumerate(dishes)]
    return np.stack(drawn)


def load_pictures(count: int, work: Path, *, processes: int = 2) -> Pictures:
    """Draw the training pictures, or read them where they were drawn before.

    Args:
        count: how many.
        work: folder for the pixel file.
        processes: how many draw at the same time.
    """
    dishes = training_dishes(count)
    path = work / f"pixels-{count}.npy"
    if not path.exists():
        jobs = [(first, dishes[first : first + CHUNK]) for first in range(0, count, CHUNK)]
        with ProcessPoolExecutor(processes) as pool:
            chunks = list(pool.map(_draw_chunk, jobs))
        work.mkdir(parents=True, exist_ok=True)
        np.save(path, np.concatenate(chunks))
        _LOG.info("drew %d pictures into %s", count, path)
    pixels: npt.NDArray[np.uint8] = np.load(path)
    return Pictures(pixels=pixels, dishes=dishes)
