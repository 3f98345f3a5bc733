"""Tables, vessels and beds of the demo's pictures, drawn with Pillow.

Turns a vessel and a bed into an RGB canvas at twice the final size and says
where ingredients may lie on it. Draws no ingredient and reads no file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

CANVAS = 448

Colour = tuple[int, int, int]

TABLES: tuple[Colour, ...] = (
    (214, 205, 192),
    (186, 197, 203),
    (232, 226, 216),
    (150, 165, 160),
    (206, 186, 170),
    (120, 132, 150),
    (225, 200, 190),
    (196, 206, 180),
    (168, 130, 100),
    (90, 98, 104),
)
WARES: tuple[Colour, ...] = (
    (250, 249, 246),
    (236, 240, 244),
    (247, 238, 224),
    (222, 234, 238),
    (240, 226, 222),
    (226, 232, 220),
)
GLAZES: tuple[Colour, ...] = (
    (70, 110, 150),
    (60, 130, 125),
    (176, 92, 72),
    (96, 92, 120),
    (224, 218, 206),
    (120, 140, 96),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where ingredients may lie, in canvas pixels.

    Attributes:
        centre: middle of the free ellipse.
        radii: its half width and half height.
        lines: skewers to lie on, each as two end points; empty without skewers.
    """

    centre: tuple[float, float]
    radii: tuple[float, float]
    lines: tuple[tuple[float, float, float, float], ...] = ()


def shade(colour: Colour, factor: float) -> Colour:
    """A colour made lighter (factor over 1) or darker."""
    red, green, blue = (max(0, min(255, round(channel * factor))) for channel in colour)
    return red, green, blue


def jitter(colour: Colour, rng: Random, spread: int = 10) -> Colour:
    """A colour moved a little by chance in every channel."""
    red, green, blue = (max(0, min(255, c + rng.randint(-spread, spread))) for c in colour)
    return red, green, blue


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, fill: Colour) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def _inside(rng: Random, x: float, y: float, radius: float) -> tuple[float, float]:
    angle, far = rng.uniform(0, math.tau), radius * math.sqrt(rng.random())
    return x + far * math.cos(angle), y + far * math.sin(angle)


def _noise(rng: Random, size: int, strength: float) -> Image.Image:
    grey = Image.frombytes("L", (size, size), rng.randbytes(size * size))
    low = 128 - round(127 * strength)
    span = round(254 * strength) / 255
    return grey.point([round(low + span * value) for value in range(256)])


def _cast_shadow(
    canvas: Image.Image, box: tuple[float, float, float, float], corner: float
) -> None:
    small = Image.new("L", (CANVAS // 4, CANVAS // 4), 0)
    left, top, right, bottom = ((v + d) / 4 for v, d in zip(box, (6, 14, 14, 22), strict=True))
    draw = ImageDraw.Draw(small)
    draw.rounded_rectangle((left, top, right, bottom), corner / 4, fill=120)
    soft = small.filter(ImageFilter.GaussianBlur(4)).resize((CANVAS, CANVAS))
    canvas.paste((25, 20, 18), (0, 0), soft)


def draw_table(rng: Random) -> Image.Image:
    """A table seen from above: planks, checked cloth, stone or plain."""
    colour = jitter(rng.choice(TABLES), rng)
    canvas = Image.new("RGB", (CANVAS, CANVAS), colour)
    draw = ImageDraw.Draw(canvas)
    kind = rng.choice(("planks", "cloth", "stone", "plain"))
    if kind == "planks":
        width = rng.randint(60, 110)
        for x in range(-rng.randint(0, width), CANVAS, width):
            draw.rectangle((x, 0, x + width, CANVAS), fill=shade(colour, rng.uniform(0.92, 1.08)))
            draw.line((x, 0, x, CANVAS), fill=shade(colour, 0.75), width=3)
            for _ in range(4):
                grain = x + rng.randint(8, width - 8)
                bend = grain + rng.randint(-8, 8)
                draw.line((grain, 0, bend, CANVAS), fill=shade(colour, 0.9), width=2)
    elif kind == "cloth":
        width = rng.randint(34, 60)
        for at in range(0, CANVAS, width * 2):
            draw.rectangle((at, 0, at + width, CANVAS), fill=shade(colour, 0.94))
        for at in range(0, CANVAS, width * 2):
            band = canvas.crop((0, at, CANVAS, min(at + width, CANVAS)))
            canvas.paste(band.point(lambda value: round(value * 0.95)), (0, at))
    elif kind == "stone":
        for _ in range(7):
            x, y = rng.randint(0, CANVAS), rng.randint(0, CANVAS)
            for _ in range(6):
                nx, ny = x + rng.randint(-70, 90), y + rng.randint(-60, 80)
                draw.line((x, y, nx, ny), fill=shade(colour, rng.uniform(0.9, 1.1)), width=3)
                x, y = nx, ny
    return canvas


def _plate(canvas: Image.Image, rng: Random, x: float, y: float) -> tuple[float, float, float]:
    radius = rng.uniform(186, 200)
    ware = jitter(rng.choice(WARES), rng, 4)
    _cast_shadow(canvas, (x - radius, y - radius, x + radius, y + radius), radius)
    draw = ImageDraw.Draw(canvas)
    _disc(draw, x, y, radius, ware)
    if rng.random() < 0.5:
        _disc(draw, x, y, radius - 8, rng.choice(GLAZES))
        _disc(draw, x, y, radius - 13, ware)
    _disc(draw, x + 2, y + 3, radius * 0.8, shade(ware, 0.9))
    _disc(draw, x, y, radius * 0.79, shade(ware, 0.98))
    return x, y, radius * 0.77


def _bowl(canvas: Image.Image, rng: Random, x: float, y: float) -> tuple[float, float, float]:
    radius = rng.uniform(182, 196)
    glaze = jitter(rng.choice(GLAZES), rng, 8)
    _cast_shadow(canvas, (x - radius, y - radius, x + radius, y + radius), radius)
    draw = ImageDraw.Draw(canvas)
    _disc(draw, x, y, radius, shade(glaze, 1.25))
    _disc(draw, x, y, radius - 9, glaze)
    _disc(draw, x, y, radius - 22, shade(glaze, 0.7))
    return x, y + 2, radius - 28


def _skillet(canvas: Image.Image, rng: Random, x: float, y: float) -> tuple[float, float, float]:
    radius = rng.uniform(172, 184)
    iron = jitter((52, 52, 56), rng, 6)
    _cast_shadow(canvas, (x - radius, y - radius, x + radius, y + radius), radius)
    draw = ImageDraw.Draw(canvas)
    side = rng.choice((-1, 1))
    draw.line((x, y, x + side * 280, y - 230), fill=shade(iron, 0.8), width=46)
    draw.line((x, y, x + side * 280, y - 230), fill=shade(iron, 1.2), width=30)
    _disc(draw, x, y, radius, shade(iron, 0.75))
    _disc(draw, x, y, radius - 6, shade(iron, 1.5))
    _disc(draw, x, y, radius - 14, shade(iron, 0.9))
    _disc(draw, x + 1, y + 2, radius - 22, iron)
    return x, y, radius - 24


def _board(canvas: Image.Image, rng: Random, x: float, y: float) -> tuple[float, float, float]:
    wide, high = rng.uniform(196, 210), rng.uniform(176, 192)
    wood = jitter(rng.choice(((190, 140, 92), (164, 112, 70), (206, 164, 116))), rng, 8)
    box = (x - wide, y - high, x + wide, y + high)
    _cast_shadow(canvas, box, 36)
    draw = ImageDraw.Draw(canvas)
    draw.rounded_rectangle(box, 36, fill=shade(wood, 0.8))
    draw.rounded_rectangle((box[0], box[1], box[2], box[3] - 8), 36, fill=wood)
    for _ in range(16):
        at = y - high + rng.uniform(16, 2 * high - 24)
        tint = shade(wood, rng.uniform(0.88, 1.08))
        draw.line((x - wide + 10, at, x + wide - 10, at + rng.uniform(-8, 8)), fill=tint, width=3)
    _disc(draw, x + wide - 30, y - high + 30, 12, shade(wood, 0.45))
    return x, y, high - 22


VESSELS: dict[str, Callable[[Image.Image, Random, float, float], tuple[float, float, float]]] = {
    "plate": _plate,
    "bowl": _bowl,
    "skillet": _skillet,
    "board": _board,
}


def _greens(draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float) -> None:
    for _ in range(110):
        cx, cy = _inside(rng, x, y, radius * 0.92)
        wide, high = rng.uniform(12, 34), rng.uniform(10, 24)
        tint = jitter(rng.choice(((150, 196, 92), (176, 214, 118), (122, 172, 78))), rng, 14)
        draw.ellipse((cx - wide, cy - high, cx + wide, cy + high), fill=tint)
        draw.line((cx - wide * 0.7, cy, cx + wide * 0.7, cy), fill=shade(tint, 1.15), width=2)


def _noodles(draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float) -> None:
    _disc(draw, x, y, radius * 0.86, (226, 190, 112))
    for _ in range(100):
        cx, cy = _inside(rng, x, y, radius * 0.6)
        wide, high = rng.uniform(24, 70), rng.uniform(24, 70)
        start = rng.uniform(0, 360)
        tint = jitter((244, 216, 144), rng, 14)
        box = (cx - wide, cy - high, cx + wide, cy + high)
        draw.arc(box, start, start + rng.uniform(90, 220), fill=shade(tint, 0.82), width=9)
        draw.arc(box, start, start + rng.uniform(90, 220), fill=tint, width=6)


def _rice(draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float) -> None:
    _disc(draw, x, y, radius * 0.9, (232, 226, 210))
    for _ in range(330):
        cx, cy = _inside(rng, x, y, radius * 0.87)
        angle = rng.uniform(0, math.pi)
        dx, dy = 8 * math.cos(angle), 8 * math.sin(angle)
        tint = shade((250, 246, 236), rng.uniform(0.9, 1.02))
        draw.line((cx - dx, cy - dy, cx + dx, cy + dy), fill=tint, width=5)


def _broth(draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float) -> None:
    base = jitter((206, 140, 58), rng, 10)
    _disc(draw, x, y, radius, base)
    _disc(draw, x - 6, y - 8, radius * 0.86, shade(base, 1.07))
    for _ in range(34):
        cx, cy = _inside(rng, x, y, radius * 0.88)
        size = rng.uniform(3, 11)
        _disc(draw, cx, cy, size, shade(base, 1.3))
        _disc(draw, cx, cy, size * 0.7, shade(base, 1.16))


def _swirl(
    draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float, base: Colour
) -> None:
    _disc(draw, x, y, radius, base)
    for ring in range(6):
        far = radius * (0.9 - 0.14 * ring)
        start = rng.uniform(0, 360)
        tint = shade(base, rng.choice((0.92, 1.05)))
        draw.arc((x - far, y - far, x + far, y + far), start, start + 230, fill=tint, width=12)


def _cream(draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float) -> None:
    _swirl(draw, rng, x, y, radius, jitter((240, 228, 196), rng, 6))
    for _ in range(22):
        cx, cy = _inside(rng, x, y, radius * 0.85)
        _disc(draw, cx, cy, 4, (110, 140, 70))


def _sauce(draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float) -> None:
    _swirl(draw, rng, x, y, radius * 0.96, jitter((186, 66, 34), rng, 10))
    for _ in range(26):
        cx, cy = _inside(rng, x, y, radius * 0.85)
        _disc(draw, cx, cy, rng.uniform(4, 9), shade((206, 88, 42), rng.uniform(0.85, 1.15)))


def _yogurt(draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float) -> None:
    _swirl(draw, rng, x, y, radius, jitter((246, 190, 204), rng, 6))


def _bare(draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float) -> None:
    for _ in range(12):
        cx, cy = _inside(rng, x, y, radius * 0.8)
        size = rng.uniform(8, 26)
        draw.ellipse((cx - size * 1.6, cy - size, cx + size * 1.6, cy + size), fill=(66, 64, 64))


def _egg(draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float) -> None:
    _disc(draw, x, y, radius * 0.98, (206, 146, 58))
    _disc(draw, x, y, radius * 0.9, jitter((246, 208, 96), rng, 8))
    for _ in range(40):
        cx, cy = _inside(rng, x, y, radius * 0.82)
        size = rng.uniform(5, 16)
        tint = rng.choice(((250, 222, 130), (236, 190, 76), (222, 168, 66)))
        draw.ellipse((cx - size * 1.3, cy - size, cx + size * 1.3, cy + size), fill=tint)


def _toast(draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float) -> None:
    crust, crumb = jitter((150, 92, 44), rng, 8), jitter((232, 192, 130), rng, 8)
    for inset, tint in ((0.0, crust), (14.0, crumb)):
        half = radius * 1.0 - inset
        draw.rounded_rectangle((x - half, y - half * 0.7, x + half, y + half), 34, fill=tint)
        bump = half * 0.62
        for side in (-1, 1):
            cx = x + side * (half - bump) * 1.06
            top = y - half
            draw.ellipse((cx - bump, top, cx + bump, top + bump * 1.3), fill=tint)
    for _ in range(60):
        cx, cy = _inside(rng, x, y, radius * 0.78)
        _disc(draw, cx, cy, rng.uniform(2, 6), shade(crumb, rng.uniform(0.85, 1.07)))


def _flatbread(draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float) -> None:
    wide, high = radius * 1.12, radius * 0.98
    dough = jitter((226, 182, 116), rng, 8)
    draw.ellipse((x - wide, y - high, x + wide, y + high), fill=shade(dough, 0.78))
    inner = 18
    box = (x - wide + inner, y - high + inner, x + wide - inner, y + high - inner)
    draw.ellipse(box, fill=shade(dough, 1.1))
    for _ in range(26):
        cx, cy = _inside(rng, x, y, radius * 0.95)
        _disc(draw, cx, cy, rng.uniform(5, 14), shade((160, 100, 52), rng.uniform(0.9, 1.3)))


def _crust(draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float) -> None:
    shell = jitter((206, 148, 78), rng, 8)
    for step in range(30):
        angle = step * math.tau / 30
        cx, cy = x + radius * 0.92 * math.cos(angle), y + radius * 0.92 * math.sin(angle)
        _disc(draw, cx, cy, 21, shade(shell, 0.9 + 0.2 * (step % 2)))
    _disc(draw, x, y, radius * 0.88, shade(shell, 0.85))
    _disc(draw, x, y, radius * 0.83, jitter((250, 226, 150), rng, 6))


def _crumble(draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, radius: float) -> None:
    _disc(draw, x, y, radius * 0.97, (150, 60, 70))
    for _ in range(190):
        cx, cy = _inside(rng, x, y, radius * 0.9)
        tint = shade((202, 152, 92), rng.uniform(0.78, 1.18))
        _disc(draw, cx, cy, rng.uniform(6, 15), tint)


BEDS: dict[str, Callable[[ImageDraw.ImageDraw, Random, float, float, float], None]] = {
    "greens": _greens,
    "noodles": _noodles,
    "rice": _rice,
    "broth": _broth,
    "cream": _cream,
    "bare": _bare,
    "egg": _egg,
    "sauce": _sauce,
    "toast": _toast,
    "flatbread": _flatbread,
    "crust": _crust,
    "yogurt": _yogurt,
    "crumble": _crumble,
}


def _skewers(canvas: Image.Image, rng: Random, x: float, y: float) -> Ground:
    draw = ImageDraw.Draw(canvas)
    tilt = rng.uniform(-50, 50)
    lines = []
    for offset in (-82, 0, 82) if rng.random() < 0.5 else (-62, 62):
        ends = (x - 186, y + offset + tilt, x + 186, y + offset - tilt)
        draw.line([(v + 6) for v in ends], fill=(96, 66, 42), width=9)
        draw.line(ends, fill=(238, 214, 168), width=9)
        lines.append((x - 140, y + offset + tilt * 0.75, x + 140, y + offset - tilt * 0.75))
    return Ground(centre=(x, y), radii=(140, 120), lines=tuple(lines))


def draw_setting(vessel: str, bed: str, rng: Random) -> tuple[Image.Image, Ground]:
    """A table with a vessel and its bed, and where ingredients may lie.

    Args:
        vessel: a name in `VESSELS`.
        bed: a name in `BEDS`, or "sticks".
        rng: where chance comes from.

    Returns:
        An RGB canvas of `CANVAS` by `CANVAS` pixels, and the free ground.
    """
    canvas = draw_table(rng)
    x, y = CANVAS / 2 + rng.uniform(-12, 12), CANVAS / 2 + rng.uniform(-12, 12)
    x, y, radius = VESSELS[vessel](canvas, rng, x, y)
    if bed == "sticks":
        return canvas, _skewers(canvas, rng, x, y)
    BEDS[bed](ImageDraw.Draw(canvas), rng, x, y, radius)
    return canvas, Ground(centre=(x, y), radii=(radius * 0.66, radius * 0.66))


def light(picture: Image.Image, rng: Random) -> Image.Image:
    """The picture under uneven light, with a little grain.

    Args:
        picture: any square RGB picture.
        rng: where chance comes from.
    """
    size = picture.width
    ramp = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270)))
    depth = rng.uniform(0.06, 0.24)
    ramp = ramp.point([round(255 * (1 - depth * (1 - v / 255))) for v in range(256)])
    lit = ImageChops.multiply(picture, ramp.resize((size, size)).convert("RGB"))
    grain = _noise(rng, size, 0.02).convert("RGB")
    return ImageChops.add(lit, grain, 1.0, -128)
