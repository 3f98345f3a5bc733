"""A dataset's file of looks, ``results/<dataset>.looks.jsonl``: lines are added, none is changed.

It counts how often a sealed split was looked at and how many prompts were tried on the others, and
does not forget either when the folders of runs are deleted. A line is on disk before the answers
that it counts are asked for, so a run that is killed has been counted.

What was tried on a split before it was sealed, or while its seal was off, was a look at it; a look
at a split that the dataset has no longer may have been one at each that is sealed.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from harness.errors import StoreError
from harness.records import Look, TriedPrompts
from harness.store.line_files import read_lines
from harness.store.run_files import look_line, look_of

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from harness.records import LookLine

Texts = tuple[str, ...]
"""Hashes of what a prompt says for the first samples."""


class LooksFile:
    """The looks at one dataset.

    Args:
        results: the folder of results.
        dataset: its name.
        splits: those that it has now; None: nobody asks for looks.
    """

    def __init__(self, results: Path, dataset: str, splits: Collection[str] | None = None) -> None:
        self.dataset = dataset
        self._splits = splits
        self.path = results / f"{dataset}.looks.jsonl"
        self._file: BinaryIO | None = None

    def look(self, look: Look) -> int:
        """Count a look, before it is taken; one at nothing but what was seen before is no new one.

        Returns:
            Its number among those at the split, from 1.

        Raises:
            StoreError: the file cannot be read or written.
        """
        with self.adding():
            number, seen = self.next_look(look)
            if not seen:
                self.append(look)
            return number

    def next_look(self, look: Look) -> tuple[int, bool]:
        """Give the number that a look has or would have, and whether it is one that was counted.

        Raises:
            StoreError: the file cannot be read.
        """
        first_seen: dict[str, int] = {}
        number = 0
        for line in self.lines():
            if self._is_look(line, look.split):
                number += 1
                for asked in line.asked if isinstance(line, Look) else ():
                    first_seen.setdefault(asked, number)
        if all(asked in first_seen for asked in look.asked):
            return max((first_seen[asked] for asked in look.asked), default=0), True
        return number + 1, False

    def try_prompts(self, tried: TriedPrompts) -> int:
        """Note prompts that are tried on a split, those that are not known yet.

        Returns:
            How many different ones have been tried on it, these included.

        Raises:
            StoreError: the file cannot be read or written.
        """
        with self.adding():
            known = self._prompts(tried.split)
            new = {variant: texts for variant, texts in tried.prompts.items() if _add(known, texts)}
            if new:
                self.append(replace(tried, prompts=new))
            return len(known)

    def looks(self, split: str) -> int:
        """Say how many looks at a sealed split have been counted; a damaged line counts as one.

        Raises:
            StoreError: the file cannot be read.
        """
        return sum(self._is_look(line, split) for line in self.lines())

    def tried(self, split: str) -> int:
        """Say how many different prompts have been tried on a split.

        Raises:
            StoreError: the file cannot be read.
        """
        return len(self._prompts(split))

    def _is_look(self, line: LookLine | None, split: str) -> bool:
        """Tell whether a line counts as a look at a split that is sealed now."""
        if line is None:  # it is damaged, and may have been one
            return True
        if isinstance(line, Look) and self._splits is not None and line.split not in self._splits:
            return True
        return isinstance(line, Look | TriedPrompts) and line.split == split

    def _prompts(self, split: str) -> list[Texts]:
        known: list[Texts] = []
        for line in self.lines():
            if isinstance(line, TriedPrompts) and line.split == split:
                for texts in line.prompts.values():
                    _add(known, texts)
        return known

    def lines(self) -> Iterator[LookLine | None]:
        """Read the lines; of one that is damaged, None."""
        if not self.path.exists():
            return
        for _, value, _ in read_lines(self.path):
            try:
                line = None if value is None else look_of(value, self.path)
            except StoreError:
                line = None
            if line is not None or value is None or value.get("kind") in ("look", "tried"):
                yield line

    def append(self, line: LookLine) -> None:
        """Add a line while ``adding``, and return when it is on disk.

        Behind one that was cut off a new one begins.
        """
        file = self._file
        assert file is not None
        torn = b""
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            torn = b"" if file.read(1) == b"\n" else b"\n"
        file.write(torn + look_line(line).encode())
        file.flush()
        os.fsync(file.fileno())

    @contextmanager
    def adding(self) -> Iterator[None]:
        """Keep the file open to add to it, while no other process does.

        Raises:
            StoreError: it cannot be opened or written.
        """
        if self.path.exists() and not self.path.is_file():  # a pipe would be waited for
            raise StoreError(f"looks cannot be counted: {self.path} is no file")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                if fcntl is not None:
                    fcntl.flock(file, fcntl.LOCK_EX)
                self._file = file
                yield
        except OSError as error:
            raise StoreError(
                f"looks cannot be counted in {self.path} ({error})",
                hint="a run on a dataset with splits is counted before it begins",
            ) from error
        finally:
            self._file = None


def _add(known: list[Texts], texts: Texts) -> bool:
    """Add a prompt to those that are known; False where it is one of them."""
    for i, other in enumerate(known):
        common = min(len(texts), len(other))
        if common and texts[:common] == other[:common]:
            known[i] = max(texts, other, key=len)
            return False
    known.append(texts)
    return True
