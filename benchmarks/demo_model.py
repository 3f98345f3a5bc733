"""How well the demo's model sees: ``python benchmarks/demo_model.py``.

Asks the three instructions of the demo's suite of all 200 samples of
``recipes-demo`` (transformers, greedy, float32) and counts ingredients.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

from harness.demo.dishes import named_ingredients
from harness.demo.instructions import UNDER_TEST

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "datasets" / "recipes-demo"
MODEL = ROOT / "harness" / "demo" / "model"

_LOG = logging.getLogger(__name__)


def ask(model_folder: Path, instruction: str, images: list[Image.Image], batch: int) -> list[str]:
    """The model's greedy answers to one instruction.

    Args:
        model_folder: the checkpoint.
        instruction: the user's text, after the picture.
        images: one picture an answer.
        batch: how many to ask at once.
    """
    processor = AutoProcessor.from_pretrained(model_folder)
    model = AutoModelForImageTextToText.from_pretrained(model_folder, dtype=torch.float32).eval()
    content = [{"type": "image"}, {"type": "text", "text": instruction}]
    prompt = processor.apply_chat_template(
        [{"role": "user", "content": content}], add_generation_prompt=True
    )
    texts: list[str] = []
    for first in range(0, len(images), batch):
        part = images[first : first + batch]
        inputs = processor(text=[prompt] * len(part), images=part, return_tensors="pt")
        with torch.no_grad():
            out = model.generate(**inputs, max_new_tokens=48, do_sample=False)
        new = out[:, inputs["input_ids"].shape[1] :]
        texts += processor.batch_decode(new, skip_special_tokens=True)
    return texts


def main() -> None:
    """Ask, count, and log the shares last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--show", type=int, default=3, help="how many answers to print")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    rows = [
        json.loads(line)
        for line in (DATA / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    images = []
    for row in rows:
        with Image.open(DATA / "images" / row["image"]) as image:
            images.append(image.convert("RGB"))
    counts: dict[str, tuple[int, int, int]] = {}
    for name, (_, instruction) in UNDER_TEST.items():
        texts = ask(arguments.model, instruction, images, arguments.batch)
        hits = named = true = 0
        for number, (row, text) in enumerate(zip(rows, texts, strict=True)):
            found, shown = named_ingredients(text), set(row["ingredients"])
            hits, named, true = hits + len(found & shown), named + len(found), true + len(shown)
            if number < arguments.show:
                _LOG.info("%s %s: %r (reference %r)", row["id"], name, text, row["title"])
        counts[name] = hits, named, true
    counts["in all"] = tuple(map(sum, zip(*counts.values(), strict=True)))  # type: ignore[assignment] # three sums
    for name, (hits, named, true) in counts.items():
        shares = hits / max(1, named), hits / true
        _LOG.info("%-26s precision %.3f  recall %.3f  (%d named)", name, *shares, named)


if __name__ == "__main__":
    main()
