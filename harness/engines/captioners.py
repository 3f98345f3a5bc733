"""Models without a chat template → how each kind takes one picture and a text, and what it writes.

BLIP, BLIP-2, GIT and encoder-decoders such as ViT-GPT2 and Donut read the text of the user's turn
as it stands, in front of what they write, and nothing else: no system message, no worked examples,
no second picture. A prompt that has these fails; none of it is left out silently.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from harness.engines.description import kind_of
from harness.errors import EngineError, RenderError
from harness.records import ImagePart

if TYPE_CHECKING:
    from harness.records import MediaRef, ModelConfig, RenderedPrompt


def plain_text(rendered: RenderedPrompt) -> tuple[str, list[MediaRef]]:
    """Give the text of a prompt, which may be empty, and its one picture.

    Raises:
        RenderError: the prompt has more to it than a captioner takes.
    """
    others = [message.role for message in rendered.messages if message.role != "user"]
    for role, name in (("system", "system messages"), ("assistant", "exemplars")):
        if role in others:
            raise RenderError(f"this model has no chat template and takes no {name}")
    if others or len(rendered.messages) > 1:
        raise RenderError("this model has no chat template and takes one message of the user")
    [message] = rendered.messages
    images = [part.index for part in message.parts if isinstance(part, ImagePart)]
    if len(images) != 1:
        raise RenderError(f"this model takes one image, and the prompt shows {len(images)}")
    texts = [part.text for part in message.parts if not isinstance(part, ImagePart)]
    return "\n".join(texts), [rendered.media[images[0]]]


def refuse_blind(config: ModelConfig) -> None:
    """Refuse to ask a captioner without a picture; only a local folder tells so early what it is.

    Raises:
        EngineError: it is one.
    """
    kind = kind_of(config.model)
    if kind in KINDS:
        raise EngineError(
            f"'{config.name}' captions an image ({kind}), and cannot be asked without one",
            hint="leave 'blind' out of 'controls:'; shuffled and grey show one",
        )


class Captioner(ABC):
    """One kind of model, loaded.

    Args:
        model: of transformers, in its place and precision.
        tokenizer: the checkpoint's.
        pictures: the checkpoint's image processor.
    """

    prompt: ClassVar[str] = "input_ids"
    """What ``generate()`` calls the ids of the text."""
    takes_special_tokens: ClassVar[bool] = False
    """Whether a special token in the text is meant as one."""

    def __init__(self, model: Any, tokenizer: Any, pictures: Any) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._pictures = pictures

    @abstractmethod
    def ids(self, text: str) -> list[int]:
        """Give the tokens of a prompt.

        Raises:
            RenderError: the model takes no such text.
        """

    @property
    def writer(self) -> Any:
        """The part of the model whose ``generate()`` runs in the end."""
        return self._model

    @property
    def eos(self) -> int | list[int] | None:
        """The token, or tokens, with which the model ends a text."""
        configured: int | list[int] | None = self._configured("eos_token_id")
        return self._tokenizer.eos_token_id if configured is None else configured

    @property
    def start(self) -> int | None:
        """The token with which the decoder of an encoder-decoder begins; None for a decoder.

        Raises:
            EngineError: the checkpoint does not say.
        """
        if not self.writer.config.is_encoder_decoder:
            return None
        token: int | None = self._configured("decoder_start_token_id")
        token = self._configured("bos_token_id") if token is None else token
        if token is None:
            raise EngineError(
                "the checkpoint names no token with which a text begins",
                hint="its config.json needs decoder_start_token_id",
            )
        return token

    def echoed(self, length: int) -> int:
        """Say how many of the ids that ``generate()`` gives are the prompt's own."""
        return length

    def inputs(self, texts: list[str], pictures: list[list[Any]]) -> Any:
        """Make what ``generate()`` takes, for prompts of the same length in tokens."""
        import torch

        ids = torch.tensor([self.ids(text) for text in texts], dtype=torch.long)
        inputs = self._pictures(images=[picture for [picture] in pictures], return_tensors="pt")
        for name in inputs.keys() - {"pixel_values"}:
            del inputs[name]
        inputs["pixel_values"] = inputs["pixel_values"].to(self._model.dtype)
        inputs[self.prompt] = ids
        if self.prompt == "input_ids":
            inputs["attention_mask"] = torch.ones_like(ids)
        return inputs

    def _configured(self, name: str) -> Any:
        """Look a token up where checkpoints state it, the nearest place first."""
        config = self.writer.config
        places = (self.writer.generation_config, config, getattr(config, "decoder", None))
        values = (getattr(place, name, None) for place in places)
        return next((value for value in values if value is not None), None)


class _Blip(Captioner):
    """Writes behind the text; its own ``generate()`` puts a start for [CLS] and drops [SEP]."""

    def ids(self, text: str) -> list[int]:
        return list(self._tokenizer(text)["input_ids"])

    @property
    def writer(self) -> Any:
        return self._model.text_decoder

    @property
    def eos(self) -> int | list[int] | None:
        return int(self._model.config.text_config.sep_token_id)

    def echoed(self, length: int) -> int:
        return length - 1


class _Blip2(Captioner):
    """Reads its picture as a row of tokens before the text."""

    def ids(self, text: str) -> list[int]:
        config = self._model.config
        image = config.image_token_id
        words = self._tokenizer(text)["input_ids"]
        if image in words:
            raise RenderError("the text holds the token that stands for the image")
        return [*[image] * config.num_query_tokens, *words]

    @property
    def writer(self) -> Any:
        return self._model.language_model

    def echoed(self, length: int) -> int:
        return 1 if self.writer.config.is_encoder_decoder else length


class _Git(Captioner):
    """Writes behind [CLS] and the text."""

    def ids(self, text: str) -> list[int]:
        words = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return [self._tokenizer.cls_token_id, *words]


class _EncoderDecoder(Captioner):
    """Writes behind the decoder's start; Donut's decoder starts with the name of a task instead."""

    prompt = "decoder_input_ids"
    takes_special_tokens = True  # Donut's names of tasks, like <s_cord-v2>

    def ids(self, text: str) -> list[int]:
        if not text:
            assert self.start is not None  # every decoder here has an encoder
            return [self.start]
        if "donut" not in self._model.config.encoder.model_type:
            raise RenderError(
                "this model takes an image and no text",
                hint="give it a variant whose user message is '{{ image }}' alone",
            )
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])


KINDS: dict[str, type[Captioner]] = {
    "blip": _Blip,
    "blip-2": _Blip2,
    "git": _Git,
    "vision-encoder-decoder": _EncoderDecoder,
}
"""A checkpoint's ``model_type`` → how it is asked."""


def captioner_class(kind: str) -> type[Captioner]:
    """Find how a kind of model without a chat template is asked.

    Raises:
        EngineError: it is none of those known.
    """
    try:
        return KINDS[kind]
    except KeyError:
        raise EngineError(
            "the checkpoint has no chat template",
            hint="use an instruction-tuned checkpoint; without one the transformers engine runs "
            f"{', '.join(KINDS)}, and this is a {kind}",
        ) from None
