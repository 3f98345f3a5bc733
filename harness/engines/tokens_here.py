"""A model → the special tokens that its checkpoint's files name, as far as they are here.

What a local engine refuses for a special token (``special_tokens``) is so known before it starts,
but for tokens that only the tokenizer finds in other spellings. Nothing is fetched and no heavy
package imported.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from harness.engines.captioners import KINDS
from harness.engines.checkpoint_files import checkpoint_folder, has_chat_template, read_object
from harness.engines.special_tokens import pattern_of, refusal
from harness.records import TextPart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.errors import RenderError
    from harness.records import ModelConfig, RenderedPrompt

_NAMED = re.compile(r"(?:bos|eos|unk|sep|pad|cls|mask)_token")
_LISTED = ("additional_special_tokens", "extra_special_tokens")
_PLACEHOLDER = ("_token", "_tag")


class TokensHere:
    """The special tokens that the files of one checkpoint name.

    Args:
        strings: what each of them is in a text.
    """

    def __init__(self, strings: set[str]) -> None:
        self.pattern = pattern_of(strings)

    def refusal(self, prompt: RenderedPrompt) -> tuple[RenderError, set[str]] | None:
        """Say what the model's engine would of a prompt, and for which tokens; None: nothing."""
        held = {
            (token, message.role): None
            for message in prompt.messages
            for part in message.parts
            if isinstance(part, TextPart)
            for token in self.pattern.findall(part.text)
        }
        tokens = {token for token, _ in held}
        return (refusal(tokens, (role for _, role in held)), tokens) if held else None


def tokens_here(model: ModelConfig) -> TokensHere | None:
    """Find the special tokens that a model reads as such.

    Returns:
        None where its files are not here, or name none, or a text may hold them.
    """
    folder = checkpoint_folder(model)
    if folder is None:
        return None
    if not has_chat_template(folder):
        kind = KINDS.get(str(read_object(folder / "config.json").get("model_type")))
        if kind is None or kind.takes_special_tokens:
            return None
    strings = {text for text in _strings(folder) if text}
    return TokensHere(strings) if strings else None


def _strings(folder: Path) -> Iterator[str]:
    """Give the special tokens that each file names."""
    added = read_object(folder / "tokenizer.json").get("added_tokens")
    yield from _special(added)
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        config = read_object(folder / name)
        numbered = config.get("added_tokens_decoder")
        yield from _special(list(numbered.values()) if isinstance(numbered, dict) else None)
        for key, value in config.items():
            if _NAMED.fullmatch(key):
                yield from _texts([value])
            elif key in _LISTED:
                yield from _texts(list(value.values()) if isinstance(value, dict) else value)
    for key, value in read_object(folder / "processor_config.json").items():
        if key.endswith(_PLACEHOLDER):
            yield from _texts([value])


def _special(tokens: Any) -> Iterator[str]:
    if isinstance(tokens, list):
        yield from _texts([t for t in tokens if isinstance(t, dict) and t.get("special") is True])


def _texts(tokens: Any) -> Iterator[str]:
    """Give what tokens are in a text, each written as that or as an object that holds it."""
    for token in tokens if isinstance(tokens, list) else []:
        text = token.get("content") if isinstance(token, dict) else token
        if isinstance(text, str):
            yield text
