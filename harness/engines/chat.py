"""RenderedPrompt → the chat messages of Hugging Face processors, and the text that a model reads.

The checkpoint's own chat template writes the text, for both local engines alike. What prompts and
data say stays text: a prompt whose words would be read as tokens that only the template may write
is refused. No image is opened here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.engines.special_tokens import SpecialTokens, refusal
from harness.errors import EngineError, RenderError
from harness.records import ImagePart, MediaRef, Message, RenderedPrompt, TextPart

if TYPE_CHECKING:
    from collections import Counter

ChatMessage = dict[str, Any]
"""``{"role": …, "content": [{"type": "image"} | {"type": "text", "text": …}, …]}``."""
Shape = tuple[tuple[str, tuple[str, ...]], ...]
"""Each message's role and the kinds of its parts."""


def chat_messages(rendered: RenderedPrompt) -> tuple[list[ChatMessage], list[MediaRef]]:
    """Give a prompt's messages, and its images in the order in which the messages show them.

    An image shown twice is listed twice, because a processor wants one for every place.
    """
    messages = [
        {"role": message.role, "content": [_content(part) for part in message.parts]}
        for message in rendered.messages
    ]
    images = [rendered.media[index] for index in _image_indices(rendered.messages)]
    return messages, images


class ChatWriter:
    """Writes messages as the one text that the model reads, by the checkpoint's chat template.

    Args:
        processor: the checkpoint's, or its tokenizer.

    Raises:
        EngineError: the checkpoint has no chat template.
    """

    def __init__(self, processor: Any) -> None:
        if not has_template(processor):
            raise EngineError(
                "the checkpoint has no chat template",
                hint="use an instruction-tuned checkpoint; a base model does not follow prompts. "
                "Captioners such as BLIP and GIT run with engine: transformers",
            )
        self._processor = processor
        self._special = SpecialTokens(processor)
        self._written: dict[Shape, Counter[str]] = {}
        """The special tokens that the template writes by itself, by the form of the messages."""

    def text(self, messages: list[ChatMessage]) -> str:
        """Write messages.

        Raises:
            EngineError: the checkpoint's chat template knows nothing of images.
            RenderError: the template refuses these messages, e.g. a system message; or their texts
                hold special tokens of the model.
        """
        text = _template_text(self._processor, messages)
        shape = _shape(messages)
        if shape not in self._written:
            skeleton = _template_text(self._processor, _without_words(messages))
            self._written[shape] = self._special.count(skeleton)
        # Counted in the whole, not looked for in the parts: two parts may make a token together.
        if more := self._special.count(text) - self._written[shape]:
            holding = (m["role"] for m in messages if self._special.count("".join(_texts([m]))))
            raise refusal(more, holding)
        return text


def _template_text(processor: Any, messages: list[ChatMessage]) -> str:
    from jinja2 import TemplateError

    tokenizer = getattr(processor, "tokenizer", processor)
    writer = processor if getattr(processor, "chat_template", None) else tokenizer
    try:
        text = writer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    except TemplateError as error:
        raise RenderError(f"the checkpoint's chat template refuses the prompt: {error}") from error
    if not isinstance(text, str):
        raise EngineError(f"the chat template gave {type(text).__name__} instead of a text")
    # A template for plain strings prints the list of parts as Python shows it.
    if "[{'type': '" in text and not any("[{'type': '" in given for given in _texts(messages)):
        raise EngineError("the checkpoint's chat template takes plain text only, no images")
    return text


def has_template(processor: Any) -> bool:
    """Tell whether a checkpoint says how a chat is written."""
    tokenizer = getattr(processor, "tokenizer", processor)
    return any(getattr(place, "chat_template", None) for place in (processor, tokenizer))


def lacks_bos(processor: Any, text: str) -> bool:
    """Tell whether the tokenizer has still to begin a chat's text with its first token.

    Most chat templates write it; those of Idefics2 and LLaVA leave it to the tokenizer.
    """
    bos = getattr(processor, "tokenizer", processor).bos_token
    return bos is not None and not text.startswith(bos)


def _content(part: ImagePart | TextPart) -> dict[str, str]:
    if isinstance(part, ImagePart):
        return {"type": "image"}
    return {"type": "text", "text": part.text}


def _image_indices(messages: tuple[Message, ...]) -> list[int]:
    return [
        part.index for message in messages for part in message.parts if isinstance(part, ImagePart)
    ]


def _texts(messages: list[ChatMessage]) -> list[str]:
    return [part.get("text", "") for message in messages for part in message["content"]]


def _shape(messages: list[ChatMessage]) -> Shape:
    return tuple(
        (message["role"], tuple(part["type"] for part in message["content"]))
        for message in messages
    )


def _without_words(messages: list[ChatMessage]) -> list[ChatMessage]:
    """Put a word that says nothing for each text."""
    return [
        {
            **message,
            "content": [
                {**part, "text": "x"} if "text" in part else part for part in message["content"]
            ],
        }
        for message in messages
    ]
