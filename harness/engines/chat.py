"""RenderedPrompt → the chat messages of Hugging Face processors, and the text that a model reads.

The checkpoint's own chat template writes the text, for both local engines alike. No image is
opened here.
"""

from __future__ import annotations

from typing import Any

from harness.errors import EngineError, RenderError
from harness.records import ImagePart, MediaRef, Message, RenderedPrompt, TextPart

ChatMessage = dict[str, Any]
"""``{"role": …, "content": [{"type": "image"} | {"type": "text", "text": …}, …]}``."""


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


def chat_text(processor: Any, messages: list[ChatMessage]) -> str:
    """Write messages as the one text that the model reads, by the checkpoint's chat template.

    Raises:
        EngineError: the checkpoint has no chat template, or one that knows nothing of images.
        RenderError: the template refuses these messages, e.g. a system message.
    """
    from jinja2 import TemplateError

    if not has_template(processor):
        raise EngineError(
            "the checkpoint has no chat template",
            hint="use an instruction-tuned checkpoint; a base model does not follow prompts. "
            "Captioners such as BLIP and GIT run with engine: transformers",
        )
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
