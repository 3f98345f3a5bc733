"""What runs inside the processes that vLLM starts; vLLM finds it as a ``vllm.general_plugins``."""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing import parent_process
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

OWNER = "HARNESS_VLLM_OWNER"
"""Environment variable: the process id of the harness that started vLLM."""

MODELS = {
    "Idefics2ForConditionalGeneration": (
        "harness.engines.vllm_models.idefics2:Idefics2ForConditionalGeneration"
    ),
}
"""Architecture, as a checkpoint's config.json names it → our class for it; vLLM imports it late."""


def load() -> None:
    """Tie the processes that the harness started to it, and offer vLLM our models."""
    parent = parent_process()
    owner = os.environ.get(OWNER)
    # Never a ``vllm`` run by hand.
    if parent is not None and owner is not None and owner != str(os.getpid()):
        _ignore_interrupts()
        _end_with(parent)
    _register_models()


def _register_models() -> None:
    """Add the models that this vLLM has not got; where it has one, its own stays in place."""
    from vllm import ModelRegistry

    known = ModelRegistry.get_supported_archs()
    for architecture, path in MODELS.items():
        if architecture not in known:
            ModelRegistry.register_model(architecture, path)


def _ignore_interrupts() -> None:
    """Make the model's processes ignore Ctrl-C, which the terminal sends to all of them at once.

    vLLM's model process answers SIGINT by dropping whatever is in flight. Here it is our own
    process that decides: it may let requests finish, and then ends the model's with SIGTERM.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_with(parent: BaseProcess) -> None:
    """End this process as soon as its parent has ended, by kill -9 too.

    vLLM's own processes would live on, with the model in memory.
    """

    def watch() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="harness-parent", daemon=True).start()


class EncoderCount:
    """Counts the pictures that go through the vision encoder; vLLM mixes it into its workers.

    vLLM's own statistics have no such number. Methods are called by ``AsyncLLM.collective_rpc``.
    """

    harness_encoded = 0

    def harness_count_encoded(self) -> bool:
        """Count from now on; say whether this model has a vision encoder."""
        model = self.get_model()  # type: ignore[attr-defined]
        encode = getattr(model, "embed_multimodal", None)
        if encode is None:
            return False

        def counted(**inputs: Any) -> Any:
            outputs = encode(**inputs)
            self.harness_encoded += len(outputs)
            return outputs

        model.embed_multimodal = counted
        return True

    def harness_encoded_images(self) -> int:
        """Give the count."""
        return self.harness_encoded
