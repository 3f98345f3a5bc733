"""Pictures of dishes: a `Dish` and a seed become a 224 by 224 RGB picture.

Needs the Noto colour emoji font, which only those who rebuild the demo need.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from harness.demo.tableware import CANVAS, Ground, draw_setting, light

if TYPE_CHECKING:
    from harness.demo.dishes import Dish, Ingredient

SIZE = 224
FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
FONT_SIZE = 109  # the only size at which Noto's bitmap glyphs can be drawn
SCALE = SIZE / CANVAS


@cache
def _glyph(character: str) -> Image.Image:
    font = ImageFont.truetype(str(FONT), FONT_SIZE)
    image = Image.new("RGBA", (160, 160))
    ImageDraw.Draw(image).text((8, 8), character, font=font, embedded_color=True)
    glyph = image.crop(image.getbbox())
    side = max(glyph.size)
    square = Image.new("RGBA", (side, side))
    square.paste(glyph, ((side - glyph.width) // 2, (side - glyph.height) // 2))
    return square


def _copies(count: int, rng: Random) -> list[int]:
    """How often each of `count` ingredients is drawn."""
    if count == 1:
        return [rng.choice((2, 3))]
    if count == 2:
        return [rng.choice((1, 2, 2)), rng.choice((1, 1, 2))]
    return [rng.choice((1, 1, 2)) if i == 0 else 1 for i in range(count)]


def _spread(ground: Ground, count: int, rng: Random) -> list[tuple[float, float]]:
    """Places on the ground that keep away from each other, in final pixels."""
    cx, cy = ground.centre
    places: list[tuple[float, float]] = []
    for _ in range(count):
        best, best_far = (cx, cy), -1.0
        for _ in range(16):
            if ground.lines:
                x0, y0, x1, y1 = rng.choice(ground.lines)
                at = rng.random()
                x, y = x0 + at * (x1 - x0), y0 + at * (y1 - y0)
            else:
                angle, far = rng.uniform(0, math.tau), math.sqrt(rng.random())
                x = cx + ground.radii[0] * far * math.cos(angle)
                y = cy + ground.radii[1] * far * math.sin(angle)
            nearest = min((math.hypot(x - px, y - py) for px, py in places), default=1.0)
            if nearest > best_far:
                best, best_far = (x, y), nearest
        places.append(best)
    return [(x * SCALE, y * SCALE) for x, y in places]


def _lay(picture: Image.Image, glyph: Image.Image, x: float, y: float, rng: Random) -> None:
    alpha = glyph.getchannel("A")
    left, top = round(x - glyph.width / 2), round(y - glyph.height / 2)
    drop = rng.randint(2, 4)
    picture.paste((20, 14, 10), (left + drop - 1, top + drop), alpha.point(lambda a: a * 2 // 5))
    picture.paste(glyph, (left, top), alpha)


def draw_dish(dish: Dish, seed: int) -> Image.Image:
    """The picture of a dish; the same seed gives the same picture.

    Args:
        dish: what to draw.
        seed: decides table, ware, light, and where each ingredient lies.

    Returns:
        An RGB picture of `SIZE` by `SIZE` pixels.
    """
    rng = Random(seed)
    canvas, ground = draw_setting(dish.style.vessel, dish.style.bed, rng)
    picture = canvas.reduce(round(1 / SCALE))
    pieces: list[Ingredient] = []
    for ingredient, copies in zip(
        dish.ingredients, _copies(len(dish.ingredients), rng), strict=True
    ):
        pieces.extend([ingredient] * copies)
    base = rng.uniform(70, 84) - 4.0 * len(pieces)
    places = _spread(ground, len(pieces), rng)
    rng.shuffle(pieces)
    for ingredient, (x, y) in zip(pieces, places, strict=True):
        side = round(base * rng.uniform(0.9, 1.12))
        glyph = _glyph(ingredient.glyph).resize((side, side), Image.Resampling.BILINEAR)
        if rng.random() < 0.5:
            glyph = glyph.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        angle = rng.uniform(-40, 40)
        glyph = glyph.rotate(angle, Image.Resampling.BILINEAR, expand=True)
        _lay(picture, glyph, x, y, rng)
    return light(picture, rng)
