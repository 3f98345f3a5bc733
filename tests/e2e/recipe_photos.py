"""Recipe photos as the study has them, made small: a CSV of 60 rows with its faults, and pictures.

The columns are those of the Epicurious recipes: an index without a name, then Title, Ingredients,
Instructions, Image_Name and Cleaned_Ingredients, written as pandas writes them.
"""

import csv
import random
from pathlib import Path

from PIL import Image, ImageDraw

HEADER = ("", "Title", "Ingredients", "Instructions", "Image_Name", "Cleaned_Ingredients")
HOW = ("Roasted", "Grilled", "Braised", "Pickled", "Smoky", "Quick")
WHAT = ("Chicken", "Beets", "Carrots", "Cod", "Eggplant", "Lentils", "Squash", "Pork", "Tofu")
WITH = ("Miso", "Lemon", "Garlic", "Mint", "Harissa", "Ginger", "Sage")

TITLES = {
    3: "", 14: " ", 25: "", 36: "", 47: "",
    5: "Mac &amp; Cheese with  Lemon",
    6: "CREAMY GARLIC CHICKEN SOUP",
    7: "pork_and_beans_with_sage.jpg",
    8: "Zxqvvt Plrrg",
    9: "B",
    54: "Lemon Tart", 55: "lemon tart!", 56: "Lemon Tart", 57: "Lemon Tart", 58: "Lemon Tart",
}  # fmt: skip
"""Row → a title that is odd; five are missing."""
IMAGES = {10: "#NAME?", 21: "#NAME?", 32: "#NAME?", 43: "never-photographed", 53: "x/y"}
"""Row → the name of an image that is no file."""
TWINS = {11: 12, 22: 23}
"""Row → the row whose picture it has, byte for byte."""
SCALED = {33: 34}
"""Row → the row whose picture it has at half the size."""
NO_IMAGE, CUT_SHORT, STREET = 44, 45, 46
"""Rows whose file is a page of text, is cut short, and shows a street under a recipe's title."""
ROWS = 60


def make_recipes(folder: Path) -> None:
    """Write ``recipes.csv`` and ``images/`` into a folder, the same at every time."""
    draw = random.Random(7)
    images = folder / "images"
    images.mkdir(parents=True)
    rows = [(*_row(i, draw),) for i in range(ROWS)]
    with (folder / "recipes.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, *rows])
    for i, row in enumerate(rows):
        if i not in IMAGES:
            _picture(i, draw).save(images / f"{row[4]}.jpg", quality=90)
    name = {i: images / f"{row[4]}.jpg" for i, row in enumerate(rows)}
    for copy, original in TWINS.items():
        name[copy].write_bytes(name[original].read_bytes())
    for copy, original in SCALED.items():
        with Image.open(name[original]) as image:
            image.resize((image.width // 2, image.height // 2)).save(name[copy], quality=70)
    name[NO_IMAGE].write_text("<html>404 Not Found</html>")
    name[CUT_SHORT].write_bytes(name[CUT_SHORT].read_bytes()[:-200])


def _row(i: int, draw: random.Random) -> tuple[str, ...]:
    how, what, add = draw.choice(HOW), draw.choice(WHAT), draw.choice(WITH)
    title = TITLES.get(i, f"{how} {what} with {add}")
    ingredients = [f'1 lb. {what.lower()}, cut into 1" pieces', f"2 Tbsp. {add.lower()}", "Salt"]
    steps = f"Heat oven to 400°F, rack in the middle.\nToss {what.lower()}, {add.lower()}, salt.\n"
    steps += 'Cook until "golden," about 20 minutes,\nthen serve.'
    image = IMAGES.get(i, f"{how}-{what}-{add}-{i}".lower())
    return str(i), title, str(ingredients), steps, image, str(ingredients)


def _picture(i: int, draw: random.Random) -> Image.Image:
    """Draw a plate of something, or a street."""
    image = Image.new("RGB", (96, 72), "#e8e2d8")
    pen = ImageDraw.Draw(image)
    if i == STREET:
        for x in range(0, 96, 24):
            pen.rectangle((x, draw.randrange(5, 30), x + 20, 60), fill="#777788")
        pen.rectangle((0, 60, 96, 72), fill="#333333")
        return image
    pen.ellipse((14, 4, 82, 68), fill="white")
    for _ in range(12):
        x, y, size = draw.randrange(20, 66), draw.randrange(10, 50), draw.randrange(6, 20)
        colour = tuple(draw.randrange(256) for _ in range(3))
        pen.ellipse((x, y, x + size, y + size), fill=colour)
    return image
