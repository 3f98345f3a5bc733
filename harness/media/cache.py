"""What was made of images, kept for whoever asks for the same next; bounded by bytes.

A run asks image by image: all systems of one image, then all of the next, and each time for the
exemplars of its prompts. Who asks while a picture is being made waits for that one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence
    from concurrent.futures import Executor

    from PIL import Image

KEPT_BYTES = 256 * 1024 * 1024
"""Kept at most, unless one prompt shows more."""
MAKING_BYTES = 512 * 1024 * 1024
"""Of the pictures that are being decoded at the same time; a larger one is decoded alone."""
ENTRY_BYTES = 1024
"""What an entry takes beside what was made, about."""

Made = TypeVar("Made", "Image.Image", str)


@cache
def pictures() -> PictureCache:
    """Give the cache that all engines of this process share."""
    return PictureCache(KEPT_BYTES, MAKING_BYTES)


class PictureCache:
    """Keeps pictures and data URLs, those asked for last; safe to use from any thread.

    Args:
        kept_bytes: of what is kept; the one made last is kept whatever its size.
        making_bytes: of the pictures being decoded at the same time; others wait.
    """

    def __init__(self, kept_bytes: int, making_bytes: int) -> None:
        self.kept_bytes = kept_bytes
        self.making_bytes = making_bytes
        self._changed = threading.Condition()
        self._futures: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}
        """Of those that are done."""
        self._making = 0
        self.held = 0
        """Bytes kept now."""
        self.made = 0
        """How often something was made or begun."""

    def get(self, name: Hashable, make: Callable[[], Made], needs: int) -> Made:
        """Give what stands under a name; make it in this thread if nobody else does.

        Args:
            name: of what is made and how.
            make: makes it; what it raises is raised for all who wait, and not kept.
            needs: bytes that making takes.
        """
        future, fresh = self._claim(name)
        if fresh:
            self._fill(name, future, make, needs)
        made: Made = future.result()
        return made

    def submit(
        self, name: Hashable, make: Callable[[], Made], needs: int, executor: Executor
    ) -> tuple[Future[Made], bool]:
        """Do as ``get`` does in a thread of an executor; say also whether this call began it."""
        future, fresh = self._claim(name)
        if fresh:
            try:
                executor.submit(self._fill, name, future, make, needs)
            except RuntimeError as error:  # the executor was shut down
                self._fail(name, future, error)
        return future, fresh

    def fit(self, shown: Sequence[Image.Image | str]) -> None:
        """Make room for all pictures of a prompt, and for the next prompt's own beside them.

        With less, exemplars that stand in every prompt would push each other out.
        """
        sizes = [
            size_of(picture) for picture in {id(picture): picture for picture in shown}.values()
        ]
        if len(sizes) > 1:
            with self._changed:
                self.kept_bytes = max(self.kept_bytes, sum(sizes) + max(sizes))

    def clear(self) -> None:
        """Forget all that is done."""
        with self._changed:
            for name in self._sizes:
                del self._futures[name]
            self._sizes.clear()
            self.held = 0

    def _claim(self, name: Hashable) -> tuple[Future[Any], bool]:
        with self._changed:
            future = self._futures.get(name)
            if future is not None:
                self._futures.move_to_end(name)
                return future, False
            self._futures[name] = future = Future()
            self.made += 1
            return future, True

    def _fill(
        self, name: Hashable, future: Future[Any], make: Callable[[], Made], needs: int
    ) -> None:
        future.set_running_or_notify_cancel()  # from here on nobody can cancel it for the others
        try:
            with self._room(needs):
                made = make()
        except BaseException as error:  # noqa: BLE001 - it is raised for all who wait
            self._fail(name, future, error)
        else:
            self._keep(name, size_of(made))
            future.set_result(made)

    def _fail(self, name: Hashable, future: Future[Any], error: BaseException) -> None:
        with self._changed:
            del self._futures[name]
        future.set_exception(error)

    @contextmanager
    def _room(self, needs: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(
                lambda: not self._making or self._making + needs <= self.making_bytes
            )
            self._making += needs
        try:
            yield
        finally:
            with self._changed:
                self._making -= needs
                self._changed.notify_all()

    def _keep(self, name: Hashable, size: int) -> None:
        with self._changed:
            self._sizes[name] = size
            self._futures.move_to_end(name)
            self.held += size
            spare: list[Hashable] = []
            for other in self._futures:
                if self.held <= self.kept_bytes or other == name:
                    break
                if other in self._sizes:  # the rest is still being made
                    self.held -= self._sizes.pop(other)
                    spare.append(other)
            for other in spare:
                del self._futures[other]


def size_of(made: Image.Image | str) -> int:
    """Give the bytes that something made of an image takes."""
    if isinstance(made, str):
        return len(made) + ENTRY_BYTES
    return made.width * made.height * (4 if len(made.getbands()) > 1 else 1) + ENTRY_BYTES
