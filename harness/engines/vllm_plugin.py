"""What runs inside the processes that vLLM starts; vLLM finds it as a ``vllm.general_plugins``."""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing import parent_process

OWNER = "HARNESS_VLLM_OWNER"
"""Environment variable: the process id of the harness that started vLLM."""


def load() -> None:
    """Make the model's processes ignore Ctrl-C, which the terminal sends to all of them at once.

    vLLM's model process answers SIGINT by dropping whatever is in flight. Here it is our own
    process that decides: it may let requests finish, and then ends the model's with SIGTERM. Only
    worker processes that the harness started are touched, never a ``vllm`` run by hand.
    """
    owner = os.environ.get(OWNER)
    started_by_us = owner is not None and owner != str(os.getpid()) and parent_process() is not None
    if started_by_us and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
