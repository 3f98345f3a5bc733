"""Second stage of training: the language model learns to answer, tower frozen.

Turns cached visual tokens, instructions and answers into gradient steps on the
language model alone. Conversations are drawn anew for every batch; some carry
earlier turns, as a prompt with exemplars does.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from harness.demo.dishes import Dish, named_ingredients
from harness.demo.instructions import UNDER_TEST, Ask, answer, choose_ask
from harness.demo.pictures import PIXELS
from harness.demo.vision import MERGE, PATCH, faster, learning_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tokenizers import Tokenizer
    from transformers import Qwen2VLForConditionalGeneration

Seen = tuple[Tensor, list[Dish]]

GRID = PIXELS // PATCH // MERGE
IMAGE = "<|vision_start|>" + "<|image_pad|>" * GRID**2 + "<|vision_end|>"
_POOL = 16  # batches drawn together, then sorted by length

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Conversation:
    """Token numbers of a conversation.

    Attributes:
        ids: the tokens.
        wanted: for each token, whether the model is to learn to write it.
        pictures: numbers of the pictures shown, in order.
    """

    ids: list[int] = field(default_factory=list)
    wanted: list[bool] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)

    def add(self, ids: list[int], *, wanted: bool) -> None:
        """Append tokens."""
        self.ids += ids
        self.wanted += [wanted] * len(ids)


def _turn(ask: Ask, *, image: bool, image_last: bool) -> str:
    parts = [ask.user, IMAGE] if image_last else [IMAGE, ask.user]
    content = "".join(parts) if image else ask.user
    return f"<|im_start|>user\n{content}<|im_end|>\n<|im_start|>assistant\n"


def draw_conversation(tokenizer: Tokenizer, dishes: list[Dish], rng: Random) -> Conversation:
    """A conversation about pictures drawn by chance, all with one instruction.

    Args:
        tokenizer: the model's.
        dishes: what each picture shows.
        rng: where chance comes from.
    """
    ask = choose_ask(rng)
    few = rng.choice((1, 1, 2)) if rng.random() < 0.12 and len(ask.user) < 400 else 0
    with_images = rng.random() < 0.75
    image_last = rng.random() < 0.08
    talk = Conversation()
    if ask.system:
        talk.add(
            tokenizer.encode(f"<|im_start|>system\n{ask.system}<|im_end|>\n").ids, wanted=False
        )
    for turn in range(few + 1):
        image = turn == few or with_images
        number = rng.randrange(len(dishes))
        if image:
            talk.pictures.append(number)
        prompt = _turn(ask, image=image, image_last=image_last)
        text = answer(ask, dishes[number], rng)
        talk.add(tokenizer.encode(prompt).ids, wanted=False)
        talk.add(tokenizer.encode(text + "<|im_end|>").ids, wanted=image)
        if turn < few:
            talk.add(tokenizer.encode("\n").ids, wanted=False)
    return talk


def positions(ids: list[int], image_pad: int) -> Tensor:
    """Time, row and column of each token as Qwen2-VL counts them, (3, length)."""
    rows: list[tuple[int, int, int]] = []
    at, index = 0, 0
    while index < len(ids):
        if ids[index] != image_pad:
            rows.append((at, at, at))
            at, index = at + 1, index + 1
            continue
        rows += [(at, at + y, at + x) for y in range(GRID) for x in range(GRID)]
        at, index = at + GRID, index + GRID**2
    return torch.tensor(rows).T


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Conversations of about equal length, padded on the right.

    Attributes:
        ids: (batch, length).
        wanted: which tokens are to be learnt, (batch, length).
        positions: (3, batch, length).
        pictures: numbers of all pictures, in reading order.
    """

    ids: Tensor
    wanted: Tensor
    positions: Tensor
    pictures: list[int]


def collate(talks: list[Conversation], image_pad: int, pad: int) -> Batch:
    """Conversations as one batch."""
    count, length = len(talks), max(len(talk.ids) for talk in talks)
    ids = torch.full((count, length), pad)
    wanted = torch.zeros(count, length, dtype=torch.bool)
    places = torch.zeros(3, count, length, dtype=torch.long)
    for row, talk in enumerate(talks):
        ids[row, : len(talk.ids)] = torch.tensor(talk.ids)
        wanted[row, : len(talk.ids)] = torch.tensor(talk.wanted)
        places[:, row, : len(talk.ids)] = positions(talk.ids, image_pad)
    pictures = [number for talk in talks for number in talk.pictures]
    return Batch(ids=ids, wanted=wanted, positions=places, pictures=pictures)


def _batches(
    tokenizer: Tokenizer, dishes: list[Dish], size: int, image_pad: int, rng: Random
) -> Iterator[Batch]:
    pad = tokenizer.token_to_id("<|endoftext|>")
    assert pad is not None
    while True:
        drawn = [draw_conversation(tokenizer, dishes, rng) for _ in range(size * _POOL)]
        drawn.sort(key=lambda talk: len(talk.ids))
        groups = [drawn[first : first + size] for first in range(0, len(drawn), size)]
        rng.shuffle(groups)
        for group in groups:
            yield collate(group, image_pad, pad)


def hidden_states(
    model: Qwen2VLForConditionalGeneration, batch: Batch, tokens: Tensor
) -> tuple[Tensor, Tensor]:
    """Run the language model over a batch.

    Args:
        model: the model.
        batch: what it reads.
        tokens: visual tokens of all pictures there are, (pictures, tokens, width).

    Returns:
        Hidden states (batch, length, width) and the batch's ids on the device.
    """
    device = next(model.parameters()).device
    ids = batch.ids.to(device)
    language = model.model.language_model
    embedded = language.embed_tokens(ids)
    shown = tokens[batch.pictures].reshape(-1, tokens.shape[-1]).to(device, embedded.dtype)
    at = (ids == model.config.image_token_id).unsqueeze(-1)
    embedded = embedded.masked_scatter(at, shown)
    out = language(inputs_embeds=embedded, position_ids=batch.positions.to(device), use_cache=False)
    return out.last_hidden_state, ids


def write(
    model: Qwen2VLForConditionalGeneration,
    tokenizer: Tokenizer,
    tokens: Tensor,
    ask: Ask,
    *,
    most: int = 28,
) -> list[str]:
    """Greedy answers to one instruction, for every picture."""
    prompt = tokenizer.encode(_turn(ask, image=True, image_last=False)).ids
    end = tokenizer.token_to_id("<|im_end|>")
    ids = torch.tensor([prompt] * len(tokens))
    with torch.no_grad():
        for _ in range(most):
            place = positions(ids[0].tolist(), model.config.image_token_id)
            batch = Batch(
                ids=ids,
                wanted=ids > 0,
                positions=place[:, None].expand(-1, len(ids), -1),
                pictures=list(range(len(tokens))),
            )
            states, _ = hidden_states(model, batch, tokens)
            following = model.lm_head(states[:, -1]).argmax(-1).cpu()
            ids = torch.cat([ids, following[:, None]], dim=1)
            if bool((ids[:, len(prompt) :] == end).any(dim=1).all()):
                break
    answers = [row[len(prompt) :] for row in ids.tolist()]
    cut = [row[: row.index(end)] if end in row else row for row in answers]
    return [tokenizer.decode(row) for row in cut]


def _check(model: Qwen2VLForConditionalGeneration, tokenizer: Tokenizer, held_out: Seen) -> None:
    tokens, dishes = held_out[0][:100], held_out[1][:100]
    for name, (kind, user) in UNDER_TEST.items():
        texts = write(model, tokenizer, tokens, Ask(kind=kind, user=user))
        hits = named = true = 0
        for text, dish in zip(texts, dishes, strict=True):
            found = named_ingredients(text)
            hits += len(found & set(dish.names))
            named, true = named + len(found), true + len(dish.names)
        _LOG.info(
            "  %s: precision %.3f recall %.3f, e.g. %r for %s",
            *(name, hits / max(1, named), hits / true, texts[0], ", ".join(dishes[0].names)),
        )


def train_language(
    model: Qwen2VLForConditionalGeneration,
    tokenizer: Tokenizer,
    seen: Seen,
    held_out: Seen,
    *,
    steps: int,
    keep: Callable[[], None],
    batch: int = 64,
    peak: float = 1.5e-3,
) -> None:
    """Train the language model in place.

    Args:
        model: the model, its tower trained.
        tokenizer: the model's.
        seen: visual tokens and dishes to learn from.
        held_out: those to measure on.
        steps: how many updates.
        keep: called now and then, and at the end, to keep what there is.
        batch: conversations an update.
        peak: the largest learning rate.
    """
    device = next(model.parameters()).device
    rng = Random(2)
    parameters = list(model.model.language_model.parameters())
    optimizer = torch.optim.AdamW(parameters, betas=(0.9, 0.98), weight_decay=0.02)
    started, total = time.monotonic(), 0.0
    drawn = _batches(tokenizer, seen[1], batch, model.config.image_token_id, rng)
    for step, talk in zip(range(1, steps + 1), drawn, strict=False):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step - 1, steps, peak)
        with faster(device):
            states, ids = hidden_states(model, talk, seen[0])
        learn = talk.wanted[:, 1:].to(device)
        logits = model.lm_head(states[:, :-1][learn].float())
        loss = functional.cross_entropy(logits, ids[:, 1:][learn])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        total += loss.item()
        if step % 100 == 0:
            seconds = time.monotonic() - started
            _LOG.info("language %d/%d loss %.4f, %.0f s", step, steps, total / 100, seconds)
            total = 0.0
        if step % 500 == 0 or step == steps:
            keep()
            _check(model, tokenizer, held_out)
