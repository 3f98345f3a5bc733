from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.engines.chat import chat_messages, chat_text, lacks_bos
from harness.errors import EngineError, RenderError
from harness.records import ImagePart, MediaRef, Message, RenderedPrompt, TextPart


def media(name: str) -> MediaRef:
    return MediaRef(path=Path(name), sha256=name, width=1, height=1)


def user(*parts: ImagePart | TextPart) -> Message:
    return Message(role="user", parts=parts)


class Writer:
    """A tokenizer or processor with a chat template that is a Python function."""

    def __init__(self, template: object) -> None:
        self.chat_template = template

    def apply_chat_template(
        self, messages: list[dict], *, tokenize: bool, add_generation_prompt: bool
    ) -> str:
        assert not tokenize
        return self.chat_template(messages) + ("<assistant>" if add_generation_prompt else "")


def test_parts_keep_their_order_and_images_follow_the_places_where_they_are_shown():
    bowl, plate = media("bowl"), media("plate")
    rendered = RenderedPrompt(
        messages=(
            Message(role="system", parts=(TextPart(text="You name dishes."),)),
            user(ImagePart(index=1), TextPart(text="A")),
            Message(role="assistant", parts=(TextPart(text="Soup"),)),
            user(TextPart(text="B"), ImagePart(index=0), ImagePart(index=1)),
        ),
        media=(bowl, plate),
        sha256="",
    )
    messages, images = chat_messages(rendered)
    assert messages == [
        {"role": "system", "content": [{"type": "text", "text": "You name dishes."}]},
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "A"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Soup"}]},
        {
            "role": "user",
            "content": [{"type": "text", "text": "B"}, {"type": "image"}, {"type": "image"}],
        },
    ]
    assert images == [plate, bowl, plate]


def one_text(text: str) -> list[dict]:
    return chat_messages(
        RenderedPrompt(messages=(user(TextPart(text=text)),), media=(), sha256="")
    )[0]


def test_text_ends_where_the_model_is_to_go_on():
    writer = Writer(lambda messages: messages[0]["content"][0]["text"])
    assert chat_text(writer, one_text("Hello")) == "Hello<assistant>"


def test_a_processor_without_a_template_leaves_it_to_its_tokenizer():
    processor = Writer(None)
    processor.tokenizer = Writer(lambda messages: "from the tokenizer")
    assert chat_text(processor, one_text("x")).startswith("from the tokenizer")


def test_a_checkpoint_without_a_template_is_refused():
    with pytest.raises(EngineError, match="no chat template"):
        chat_text(Writer(None), one_text("x"))


def test_a_template_for_plain_strings_is_refused_instead_of_prompting_with_python_code():
    plain = Writer(lambda messages: f"{messages[0]['content']}")
    with pytest.raises(EngineError, match="plain text only"):
        chat_text(plain, one_text("x"))


def test_a_template_that_refuses_a_role_fails_this_prompt_only():
    from jinja2 import TemplateError

    def no_system(messages: list[dict]) -> str:
        raise TemplateError("System role not supported")

    with pytest.raises(RenderError, match="System role not supported"):
        chat_text(Writer(no_system), one_text("x"))


@pytest.mark.parametrize(
    ("bos", "text", "lacks"),
    [("<s>", "User: hi", True), ("<s>", "<s>User: hi", False), (None, "User: hi", False)],
)
def test_the_tokenizer_begins_a_text_whose_template_does_not(bos, text, lacks):
    assert lacks_bos(SimpleNamespace(bos_token=bos), text) is lacks
    processor = SimpleNamespace(tokenizer=SimpleNamespace(bos_token=bos))
    assert lacks_bos(processor, text) is lacks
