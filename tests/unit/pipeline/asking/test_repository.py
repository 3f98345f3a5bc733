"""A run notes its commit, and nothing of a stranger's repository is run for that.

The traps are proved first: an ordinary ``git status`` springs them.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.pipeline.asking.repository import repository_state

SETTINGS = ("user.name=A", "user.email=a@example.org", "protocol.file.allow=always")


def git(folder: Path, *words: str, check: bool = True) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *(word for setting in SETTINGS for word in ("-c", setting)), *words],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=check,
        timeout=60,
    )
    return done.stdout.strip()


@pytest.fixture
def cloned(tmp_path: Path) -> Path:
    """A repository with one commit."""
    root = tmp_path / "project"
    (root / "prompts" / "titles").mkdir(parents=True)
    (root / "prompts" / "titles" / "plain.yaml").write_text("user: Name the dish.\n")
    (root / ".gitignore").write_text("results/\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    return root


def state(root: Path) -> tuple[str, bool | None]:
    known = repository_state(root / "prompts" / "titles")
    assert known is not None
    return known["commit"], known["dirty"]


def test_a_commit_is_read_as_git_tells_it(cloned):
    commit = git(cloned, "rev-parse", "HEAD")
    assert state(cloned) == (commit, False)
    git(cloned, "pack-refs", "--all")
    git(cloned, "gc", "-q")
    assert state(cloned) == (commit, False)
    git(cloned, "checkout", "-q", "--detach")
    assert state(cloned) == (commit, False)


def test_whatever_is_not_in_the_commit_is_a_change(cloned):
    variant = cloned / "prompts" / "titles" / "plain.yaml"
    first = variant.read_text()
    variant.write_text("user: Name it.\n")
    assert state(cloned)[1] is True
    git(cloned, "add", ".")
    assert state(cloned)[1] is True
    git(cloned, "reset", "-q", "--hard")
    assert (variant.read_text(), state(cloned)[1]) == (first, False)
    (cloned / "new.yaml").write_text("x")
    assert state(cloned)[1] is True
    (cloned / "new.yaml").unlink()
    variant.unlink()
    assert state(cloned)[1] is True


def test_ignored_files_are_no_changes(cloned):
    (cloned / "results").mkdir()
    (cloned / "results" / "x").write_text("x")
    (cloned / ".git" / "info").mkdir(exist_ok=True)
    (cloned / ".git" / "info" / "exclude").write_text("mine\n")
    (cloned / "mine").write_text("x")
    assert state(cloned)[1] is False


def test_linked_work_trees_and_submodules_know_their_commit(cloned, tmp_path):
    commit = git(cloned, "rev-parse", "HEAD")
    git(cloned, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    assert state(tmp_path / "linked") == (commit, False)
    around = tmp_path / "around"
    around.mkdir()
    git(around, "init", "-q", "-b", "main")
    git(around, "submodule", "--quiet", "add", str(cloned), "inner")
    assert state(around / "inner") == (commit, False)


def test_hashes_of_64_digits_are_commits_too(tmp_path):
    root = tmp_path / "new"
    (root / "prompts" / "titles").mkdir(parents=True)
    git(root, "init", "-q", "--object-format=sha256")
    (root / "prompts" / "titles" / "a.yaml").write_text("user: x\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    assert state(root) == (git(root, "rev-parse", "HEAD"), False)


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A program that leaves a trace when it is run."""
    program = tmp_path / "trap.sh"
    program.write_text(f'#!/bin/sh\necho "$0 $@" >> {tmp_path}/sprung\nexit 1\n')
    program.chmod(0o755)
    return program


def _fsmonitor(root: Path, trap: Path) -> None:
    git(root, "config", "core.fsmonitor", str(trap))


def _filter(root: Path, trap: Path) -> None:
    (root / ".gitattributes").write_text("* filter=evil diff=evil\n")
    git(root, "add", ".gitattributes")
    git(root, "commit", "-q", "-m", "attributes")
    git(root, "config", "filter.evil.clean", str(trap))
    git(root, "config", "filter.evil.smudge", str(trap))
    git(root, "config", "diff.evil.textconv", str(trap))
    git(root, "config", "diff.evil.command", str(trap))
    # As long as before and of another time: whether it has changed is for the filter to tell.
    (root / "prompts" / "titles" / "plain.yaml").write_text("user: Name the fish.\n")
    os.utime(root / "prompts" / "titles" / "plain.yaml", (1, 1))


def _included(root: Path, trap: Path) -> None:
    (root / ".git" / "more").write_text(f"[core]\n\tfsmonitor = {trap}\n")
    git(root, "config", "include.path", "more")


def _hooks(root: Path, trap: Path) -> None:
    hooks = root / ".git" / "my-hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "fsmonitor-watchman"):
        shutil.copy(trap, hooks / name)
    git(root, "config", "core.hooksPath", str(hooks))
    # A changed time with equal content: git wants to write the index anew, and tells the hook.
    os.utime(root / "prompts" / "titles" / "plain.yaml", (1, 1))


def _submodule(root: Path, trap: Path) -> None:
    inner = root.parent / "inner-origin"
    inner.mkdir()
    git(inner, "init", "-q", "-b", "main")
    (inner / "x").write_text("x")
    git(inner, "add", ".")
    git(inner, "commit", "-q", "-m", "x")
    git(root, "submodule", "--quiet", "add", str(inner), "inner")
    git(root, "commit", "-q", "-m", "inner")
    git(root / "inner", "config", "core.fsmonitor", str(trap))


def _missing_object(root: Path, trap: Path) -> None:
    """What a partial clone lacks is fetched, by whatever its remote's address says."""
    git(root, "config", "core.repositoryformatversion", "1")
    git(root, "config", "extensions.partialClone", "origin")
    git(root, "config", "remote.origin.promisor", "true")
    git(root, "config", "remote.origin.url", f"ext::{trap}")
    git(root, "config", "protocol.ext.allow", "always")
    tree = git(root, "rev-parse", "HEAD^{tree}")
    (root / ".git" / "objects" / tree[:2] / tree[2:]).unlink()


@pytest.mark.parametrize(
    "lay", [_fsmonitor, _filter, _included, _hooks, _submodule, _missing_object]
)
def test_nothing_that_a_repository_names_is_run(cloned, trap, lay):
    lay(cloned, trap)
    sprung = trap.parent / "sprung"
    git(cloned, "status", check=False)
    assert sprung.exists(), "the trap does not work, so that this test would show nothing"
    sprung.unlink()
    before = (cloned / ".git" / "index").read_bytes()
    known = repository_state(cloned / "prompts" / "titles")
    assert known is not None
    assert len(known["commit"]) == 40
    assert not sprung.exists()
    assert (cloned / ".git" / "index").read_bytes() == before


def test_the_users_environment_leads_git_nowhere_else(cloned, trap, monkeypatch, tmp_path):
    for name in ("GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_PAGER", "GIT_ASKPASS"):
        monkeypatch.setenv(name, str(trap))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nothing"))
    assert state(cloned)[1] is False
    assert not (tmp_path / "sprung").exists()


def test_a_setting_cannot_name_another_work_tree_or_command(cloned, trap, tmp_path):
    commit = git(cloned, "rev-parse", "HEAD")
    (tmp_path / "elsewhere").mkdir()
    with (cloned / ".git" / "config").open("a") as file:
        file.write(f"[core]\n\tworktree = {tmp_path / 'elsewhere'}\n\tsshCommand = {trap}\n")
        file.write(f"[alias]\n\tstatus = !{trap}\n[core\n")  # and it is no valid file either
    assert state(cloned) == (commit, False)
    assert not (tmp_path / "sprung").exists()


def test_a_git_file_that_leads_to_a_strangers_repository_is_not_followed(cloned, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / ".git").write_text(f"gitdir: {cloned / '.git'}\n")
    assert repository_state(other) is None
    git(cloned, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    shutil.copy(tmp_path / "linked" / ".git", other / ".git")
    assert repository_state(other) is None


@pytest.mark.parametrize(
    "head",
    [
        "ref: ../../secret",
        "ref: refs/../../../secret",
        "ref: refs/heads/none",
        "",
        "\0",
        "x" * 5000,
    ],
)
def test_a_head_that_names_no_commit_gives_none(cloned, tmp_path, head):
    (tmp_path / "secret").write_text("a" * 40)
    (cloned / ".git" / "HEAD").write_text(head)
    assert repository_state(cloned) is None


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(cloned):
    (cloned / ".git" / "index").unlink()
    os.mkfifo(cloned / ".git" / "index")
    known = repository_state(cloned)
    assert known is not None
    assert (known["dirty"], "index" in known["unknown"]) == (None, True)
    (cloned / ".git" / "HEAD").unlink()
    os.mkfifo(cloned / ".git" / "HEAD")
    assert repository_state(cloned) is None


def test_what_git_cannot_tell_in_time_is_said_to_be_unknown(cloned):
    known = repository_state(cloned, seconds=0.0)
    assert known is not None
    assert (known["dirty"], known["unknown"]) == (None, "git took longer than 0 s")


def test_without_git_the_commit_is_known_and_changes_are_not(cloned, monkeypatch):
    commit = git(cloned, "rev-parse", "HEAD")
    monkeypatch.setenv("PATH", "")
    known = repository_state(cloned)
    assert known is not None
    assert (known["commit"], known["dirty"]) == (commit, None)
    assert "no git" in known["unknown"]


def test_a_folder_under_no_repository_has_no_commit(tmp_path):
    assert repository_state(tmp_path) is None
    (tmp_path / ".git").symlink_to(tmp_path / ".git")
    assert repository_state(tmp_path) is None
