"""Writes the demo's two datasets: ``python -m harness.demo.build``.

Turns fixed seeds into ``datasets/recipes-demo`` (the samples to score) and
``datasets/recipes-demo-train`` (samples for exemplars), no dish in both.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path
from random import Random

from harness.demo.dishes import Combination, Dish, choose_dish
from harness.demo.draw import draw_dish
from harness.demo.titles import choose_title

DATASETS = Path(__file__).resolve().parents[2] / "datasets"
SEED = 20240611
WEBP_QUALITY = 80

DESCRIPTION_HELD_OUT = "200 drawn dishes with a recipe title each, for the offline demo."
DESCRIPTION_TRAIN = "60 further drawn dishes, for exemplars: no dish of recipes-demo is among them."

YAML = """\
# yaml-language-server: $schema=../harness/config/schema/dataset.schema.json
description: "{description}"
source: {{format: jsonl, path: {name}/samples.jsonl}}
columns: {{id: id, image: image, references: [title], metadata: [ingredients, dish, vessel]}}
images: {{root: {name}/images}}
"""

_LOG = logging.getLogger(__name__)


def choose_dishes(
    count: int, rng: Random, taken: set[Combination], *, most_single: float = 0.1
) -> list[Dish]:
    """Dishes whose combinations are all different; adds them to `taken`.

    Args:
        count: how many.
        rng: where chance comes from.
        taken: combinations that may not be used again.
        most_single: the largest share of dishes of one ingredient, of which there are few.
    """
    dishes: list[Dish] = []
    singles = 0
    while len(dishes) < count:
        dish = choose_dish(rng)
        single = len(dish.ingredients) == 1
        if dish.combination in taken or (single and singles >= most_single * count):
            continue
        singles += single
        taken.add(dish.combination)
        dishes.append(dish)
    return dishes


def datasets() -> tuple[list[Dish], list[Dish]]:
    """The dishes of ``recipes-demo`` and of ``recipes-demo-train``."""
    taken: set[Combination] = set()
    rng = Random(SEED)
    return choose_dishes(200, rng, taken), choose_dishes(60, rng, taken)


def write_dataset(
    name: str, description: str, dishes: list[Dish], *, letter: str, root: Path
) -> None:
    """Write one dataset's YAML, rows and images.

    Args:
        name: file name of the YAML and of the folder beside it.
        description: the YAML's first line.
        dishes: the samples, in order.
        letter: what the ids begin with.
        root: the folder of all datasets.
    """
    images = root / name / "images"
    images.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, dish in enumerate(dishes, start=1):
        sample_id = f"{letter}{number:03d}"
        seed = SEED + ord(letter) * 100_000 + number
        image = f"{sample_id}.webp"
        draw_dish(dish, seed).save(images / image, quality=WEBP_QUALITY, method=6)
        row = {
            "id": sample_id,
            "image": image,
            "title": choose_title(dish, Random(seed)),
            "ingredients": list(dish.names),
            "dish": dish.style.dish,
            "vessel": dish.style.vessel,
        }
        rows.append(json.dumps(row, ensure_ascii=False) + "\n")
    (root / name / "samples.jsonl").write_text("".join(rows), encoding="utf-8")
    (root / f"{name}.yaml").write_text(
        YAML.format(description=description, name=name), encoding="utf-8"
    )
    _LOG.info("wrote %d samples to %s", len(rows), root / name)


def main() -> None:
    """Write both datasets."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--root", type=Path, default=DATASETS, help="folder of all datasets")
    root: Path = parser.parse_args().root
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    held_out, train = datasets()
    write_dataset("recipes-demo", DESCRIPTION_HELD_OUT, held_out, letter="d", root=root)
    write_dataset("recipes-demo-train", DESCRIPTION_TRAIN, train, letter="t", root=root)


if __name__ == "__main__":
    main()
