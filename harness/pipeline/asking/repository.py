"""The git repository around a folder → its commit and whether files have changed; runs none of it.

A repository's own configuration can name programs: core.fsmonitor, filters, hooks, ssh commands,
external diffs. Files of a stranger must not start any of them because a run notes its commit. So
the commit is read as a file is; and git looks for changes from a repository of our own in a
temporary folder, which borrows the objects and has a copy of the index. Git never sees the
stranger's configuration, hooks or environment, is not to enter submodules, and has a time limit.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.records import Json

SECONDS = 10.0
"""How long git may look for changes."""
MAX_REF_BYTES = 64 * 1024 * 1024
MAX_INDEX_BYTES = 512 * 1024 * 1024
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"refs/[\w./+@-]+")
_SYMBOLIC_DEPTH = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repository:
    work_tree: Path
    """The folder with ``.git``."""
    git_dir: Path
    """HEAD and the index stand here."""
    common_dir: Path
    """Objects and references; another folder than ``git_dir`` in a linked work tree."""


def repository_state(folder: Path, *, seconds: float = SECONDS) -> dict[str, Json] | None:
    """Describe the commit that a folder stands at; None where it is under no git that can be read.

    Returns:
        ``commit``; ``dirty``, whether files of the repository differ from it or are new to it, or
        None where that is not known; then ``unknown`` says why.
    """
    repository = _repository(folder)
    commit = _commit(repository) if repository else None
    if repository is None or commit is None:
        return None
    try:
        return {"commit": commit, "dirty": _has_changes(repository, commit, seconds)}
    except subprocess.TimeoutExpired:
        reason = f"git took longer than {seconds:g} s"
    except subprocess.CalledProcessError as error:
        lines = str(error.stderr).strip().splitlines()
        reason = f"git says: {lines[0][:200]}" if lines else "git failed"
    except (OSError, ValueError) as error:
        reason = str(error)
    return {"commit": commit, "dirty": None, "unknown": reason}


def _repository(folder: Path) -> _Repository | None:
    """Find the nearest ``.git`` around a folder, and where what it stands for is."""
    try:
        inner = folder.resolve()
        for work_tree in (inner, *inner.parents):
            git = work_tree / ".git"
            if git.is_dir():
                own = git.resolve()
                return _Repository(work_tree=work_tree, git_dir=own, common_dir=own)
            if git.exists():
                return _linked(work_tree, git)
    except (OSError, ValueError, RuntimeError):  # RuntimeError: a link that leads to itself
        return None
    return None


def _linked(work_tree: Path, git: Path) -> _Repository | None:
    """Follow a ``.git`` file only to a repository that knows this work tree.

    The file may name any folder. That of a linked work tree names the file in turn, and that of a
    submodule lies in the repository around it; anything else is none of this folder's business.
    """
    text = _read(git, 4096)
    if not text.startswith("gitdir:"):
        return None
    git_dir = (work_tree / text.removeprefix("gitdir:").strip()).resolve()
    if not git_dir.is_dir():
        return None
    back = _read(git_dir / "gitdir", 4096).strip()
    if back:
        common = (git_dir / (_read(git_dir / "commondir", 4096).strip() or ".")).resolve()
        if (git_dir / back).resolve() == git.resolve() and git_dir.is_relative_to(common):
            return _Repository(work_tree=work_tree, git_dir=git_dir, common_dir=common)
        return None
    around = (parent / ".git" / "modules" for parent in work_tree.parents)
    if any(git_dir.is_relative_to(modules.resolve()) for modules in around):
        return _Repository(work_tree=work_tree, git_dir=git_dir, common_dir=git_dir)
    return None


def _commit(repository: _Repository) -> str | None:
    """Read which commit HEAD means."""
    try:
        text = _read(repository.git_dir / "HEAD", 4096).strip()
        for _ in range(_SYMBOLIC_DEPTH):
            if _COMMIT.fullmatch(text):
                return text
            name = text.removeprefix("ref:").strip()
            if name == text or not _REF.fullmatch(name) or ".." in name:
                return None
            text = (
                _read(repository.git_dir / name, 4096).strip()
                or _read(repository.common_dir / name, 4096).strip()
                or _packed(repository.common_dir / "packed-refs", name)
            )
    except (OSError, ValueError):
        return None
    return None


def _packed(path: Path, name: str) -> str:
    for line in _read(path, MAX_REF_BYTES).splitlines():
        commit, _, ref = line.partition(" ")
        if ref == name:
            return commit
    return ""


def _read(path: Path, limit: int) -> str:
    """Read a small regular file; what is none, or is not there, holds nothing."""
    try:
        # A pipe that nobody writes to would be waited for without end.
        if not stat.S_ISREG(path.stat().st_mode) or path.stat().st_size > limit:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _has_changes(repository: _Repository, commit: str, seconds: float) -> bool:
    """Ask git, which knows of this repository's files and nothing of its settings.

    Raises:
        OSError, ValueError: there is no git, or the repository is none that can be looked at so.
        CalledProcessError, TimeoutExpired: git cannot tell.
    """
    program = shutil.which("git")
    if program is None or not Path(program).is_absolute():
        raise FileNotFoundError("there is no git on PATH")
    index = repository.git_dir / "index"
    if not stat.S_ISREG(index.stat().st_mode) or index.stat().st_size > MAX_INDEX_BYTES:
        raise ValueError("its index is no file that is read here")
    with tempfile.TemporaryDirectory(prefix="harness-git-", ignore_cleanup_errors=True) as own:
        git_dir = Path(own) / "repository"
        for name in ("objects", "refs"):
            (git_dir / name).mkdir(parents=True)
        (git_dir / "HEAD").write_text(f"{commit}\n", encoding="ascii")
        sha256 = "\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n"
        sha1 = "\trepositoryformatversion = 0\n"
        (git_dir / "config").write_text(
            "[core]\n\tbare = false\n" + (sha256 if len(commit) == 64 else sha1), encoding="ascii"
        )
        if excluded := _read(repository.common_dir / "info" / "exclude", 1024 * 1024):
            (git_dir / "info").mkdir()
            (git_dir / "info" / "exclude").write_text(excluded, encoding="utf-8")
        # With its time: what changed in the second the index was written is compared by content.
        shutil.copy2(index, git_dir / "index")
        done = subprocess.run(
            [program, "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
             "status", "--porcelain", "-z", "--ignore-submodules=all", "--no-renames"],
            cwd=own,
            env=_environment(repository, git_dir, Path(own)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=True,
            timeout=seconds,
        )  # fmt: skip
    return bool(done.stdout)


def _environment(repository: _Repository, git_dir: Path, home: Path) -> dict[str, str]:
    """Name the borrowed parts, and keep every setting away that could name a program."""
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(home),
        # Of the user's own settings the list of ignored files alone: $XDG_CONFIG_HOME/git/ignore.
        "XDG_CONFIG_HOME": os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config"),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_DIR": str(git_dir),
        "GIT_WORK_TREE": str(repository.work_tree),
        "GIT_INDEX_FILE": str(git_dir / "index"),
        "GIT_OBJECT_DIRECTORY": str(repository.common_dir / "objects"),
    }
