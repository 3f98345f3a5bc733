"""A folder that is being written → the folder under its own name, once it is whole.

Until then it stands beside its place under a hidden name with the number of its process. A process
that is killed leaves it there; whoever writes the same folder next takes it away. Whether a process
lives is told by a lock, which the system frees however it ends; where there are no locks (Windows),
and where they are not to be had, nothing is taken away.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from harness.dataset.converting import IMAGES

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def unfinished(whole: Path) -> Iterator[Path]:
    """Give a folder to write in, which becomes another when the block ends, unless it raises.

    Args:
        whole: what it becomes; not there, or empty.

    Raises:
        OSError: it cannot be made or renamed.
    """
    whole.parent.mkdir(parents=True, exist_ok=True)
    remove_dead(whole)
    waiting = whole.with_name(f".{whole.name}.{os.getpid()}")
    waiting.mkdir()
    lock = _locked(waiting)
    try:
        yield waiting
        waiting.rename(whole)
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def remove_dead(whole: Path) -> None:
    """Take away what processes that were killed have left of a folder."""
    name = re.compile(rf"\.{re.escape(whole.name)}\.(\d{{1,9}})")
    for path in list(whole.parent.iterdir()):
        found = name.fullmatch(path.name)
        if not found or path.is_symlink() or not path.is_dir() or _runs(int(found[1])):
            continue
        if _is_dataset(path) and (lock := _locked(path)) is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def _is_dataset(folder: Path) -> bool:
    """Tell whether a folder holds nothing but what is written here, so that it is nobody's own."""
    with suppress(OSError):
        return all(
            path.name == IMAGES or path.suffix in (".yaml", ".parquet", ".jsonl")
            for path in folder.iterdir()
        )
    return False


def _runs(number: int) -> bool:
    """Tell whether another process has this number; one on another machine has a lock alone."""
    if fcntl is None:
        return True
    if number == os.getpid():  # in a container the next process often has the number of the last
        return False
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def _locked(folder: Path) -> int | None:
    """Lock a folder; None where somebody else has, or it cannot be done."""
    if fcntl is None:
        return None
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(opened)
        else:
            return opened
    return None
