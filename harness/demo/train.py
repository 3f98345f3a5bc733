"""Trains the demo's model from nothing: ``python -m harness.demo.train``.

Two stages: the vision tower learns what lies in a dish (`vision`), then, with
the tower frozen, the language model learns to follow instructions
(`language`). Pictures and tower are kept in a work folder; a rerun takes them.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from pathlib import Path

import torch

from harness.demo.checkpoint import new_model, save
from harness.demo.language import train_language
from harness.demo.pictures import load_pictures
from harness.demo.tokens import train_tokenizer
from harness.demo.vision import encode, train_tower

MODEL = Path(__file__).resolve().parent / "model"
HELD_OUT = 500
WORK = Path(tempfile.gettempdir()) / "demo-work"

_LOG = logging.getLogger(__name__)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the demo's model.")
    parser.add_argument("--out", type=Path, default=MODEL, help="folder of the checkpoint")
    parser.add_argument("--work", type=Path, default=WORK, help="kept files")
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--tower-steps", type=int, default=3000)
    parser.add_argument("--language-steps", type=int, default=2500)
    parser.add_argument("--tower-only", action="store_true", help="stop after the first stage")
    return parser.parse_args()


def main() -> None:
    """Train both stages and write the checkpoint."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    drawn = load_pictures(arguments.pictures, arguments.work)
    pictures = drawn.part(0, arguments.pictures - HELD_OUT)
    held_out = drawn.part(arguments.pictures - HELD_OUT, arguments.pictures)
    tokenizer = train_tokenizer()
    model = new_model(tokenizer).to(device)
    tower = model.model.visual
    kept = arguments.work / f"tower-{arguments.pictures}-{arguments.tower_steps}.pt"
    if kept.exists():
        tower.load_state_dict(torch.load(kept, map_location=device, weights_only=True))
    else:
        train_tower(tower, pictures, held_out, steps=arguments.tower_steps)
        torch.save(tower.state_dict(), kept)
    if arguments.tower_only:
        return
    seen, seen_held_out = encode(tower, pictures), encode(tower, held_out)
    train_language(
        model,
        tokenizer,
        (seen, pictures.dishes),
        (seen_held_out, held_out.dishes),
        steps=arguments.language_steps,
        keep=lambda: save(model, tokenizer, arguments.out),
    )
    _LOG.info("wrote %s", arguments.out)


if __name__ == "__main__":
    main()
