"""What many tests share: a small project on disk, and the command run as a user runs it."""

import json
import os
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

from harness.cli import main

# No test says how Hypothesis works but how many examples it takes. The examples are the same every
# time: what lands is decided by the change, not by luck. `pytest --hypothesis-profile=search` looks
# for new ones. Nothing is timed, since a machine that does other work fails nobody's test.
USUAL = settings(
    deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.register_profile("usual", USUAL, derandomize=True)
settings.register_profile("search", USUAL, derandomize=False)
settings.load_profile("usual")

# Two processes test at once on two cores, and whatever they work out is small. By itself vLLM would
# bind each model to the same core, and torch and BLAS take both cores and wait for each other.
os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")
os.environ.setdefault("OMP_NUM_THREADS", "1")

REPOSITORY = Path(__file__).parent.parent
HARNESS = str(Path(sys.executable).parent / "harness")
WIDTH = {"COLUMNS": "160"}
"""What the command sees of a terminal: wide enough that no table is broken."""

TITLES = {
    "s1": "Lemon-Garlic Shrimp Skillet",
    "s2": "Avocado and Tomato Salad",
    "s3": "Mushroom Toast with Egg",
    "s4": "Creamy Corn Chowder",
}


LONGEST_FIRST = (
    "reliability/test_kills_vllm.py",
    "reliability/test_hangs_vllm.py",
    "integration/engines/test_tiny_models.py",
    "integration/engines/test_vllm_engine.py",
    "integration/engines/test_idefics2.py",
    "integration/engines/test_adapters.py",
    "e2e/test_demo_run.py",
    "integration/engines/test_captioners.py",
    "integration/engines/test_quantized.py",
    "reliability/test_kills.py",
    "integration/metrics",
    "integration/engines",
    "reliability",
    "e2e",
)
"""Within ``tests``: what begins first, so that nothing long is left for one process alone."""

TOGETHER = {
    "integration/engines/test_transformers_engine.py": "integration/engines/test_vllm_engine.py",
    "integration/metrics/test_texts_from_a_stranger.py": "integration/metrics/coco",
    "integration/metrics/test_against_pycocoevalcap.py": "integration/metrics/coco",
    "integration/metrics/test_evaluate_modules.py": "integration/metrics/coco",
    "integration/metrics/test_odd_texts.py": "integration/metrics/coco",
    "integration/metrics/test_bertscore.py": "integration/metrics/torch",
    "integration/metrics/test_semantic_similarity.py": "integration/metrics/torch",
    "integration/metrics/test_exact_against_squad.py": "integration/metrics/torch",
}
"""Files that share what takes long to set up: one start of vLLM, METEOR's tables, torch."""

BY_FILE = ("browser/", "integration/", "e2e/test_demo_run.py", "e2e/test_outputs.py")
"""Whose tests share a set-up within their file; any other test goes wherever there is room."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put first what takes long."""

    def rank(item: pytest.Item) -> int:
        path = item.path.relative_to(REPOSITORY / "tests").as_posix()
        return next((i for i, head in enumerate(LONGEST_FIRST) if path.startswith(head)), 99)

    items.sort(key=rank)


def scope(test: str) -> str:
    """Name what a test is run together with by one of several processes.

    Args:
        test: its id, such as ``tests/unit/test_docs.py::test_links_lead_somewhere``.
    """
    path = test.partition("::")[0].removeprefix("tests/")
    return TOGETHER.get(path, path) if path.startswith(BY_FILE) else test


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Spread the tests by ``scope``; xdist 3.8 does not see groups in marks with pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class InScopes(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope(nodeid)

    return InScopes(config, log)


@pytest.fixture(scope="session", autouse=True)
def _images_are_kept_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what tests fetch from URLs out of the user's own cache."""
    os.environ["HARNESS_CACHE"] = str(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def repository() -> Path:
    return REPOSITORY


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a dataset of four pictures and a suite of two prompts on the fake engine."""
    root = tmp_path / "project"
    images = root / "datasets" / "dishes" / "images"
    images.mkdir(parents=True)
    rows = []
    for i, (sample_id, title) in enumerate(TITLES.items()):
        Image.new("RGB", (64, 48), (40 * i, 100, 200 - 40 * i)).save(images / f"{sample_id}.png")
        rows.append({"id": sample_id, "image": f"{sample_id}.png", "title": title, "n": i})
    (root / "datasets" / "dishes" / "samples.jsonl").write_text(
        "".join(f"{json.dumps(row)}\n" for row in rows)
    )
    _write(
        root / "datasets" / "dishes.yaml",
        """
        source: {format: jsonl, path: dishes/samples.jsonl}
        columns: {id: id, image: image, references: [title], metadata: [n]}
        images: {root: dishes/images}
        """,
    )
    suite = root / "prompts" / "titles"
    _write(suite / "plain.yaml", "user: Name the dish.\npostprocess: [strip]\n")
    _write(suite / "title.yaml", "user: Give a recipe title.\npostprocess: [strip]\n")
    _write(
        suite / "suite.yaml",
        """
        dataset: dishes
        variants: [plain, title]
        models: [{name: stand-in, engine: fake, model: none}]
        metrics: [bleu, rouge_l, cider]
        tokenizer: none
        """,
    )
    return root


@pytest.fixture
def write() -> Callable[[Path, str], Path]:
    """Write an indented block of text as a file."""
    return _write


@pytest.fixture(scope="session")
def harness() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in this process, as ``tests/e2e/test_command_in_process.py`` holds it to.

    Starting Python and loading pandas takes two seconds and running a small suite a tenth of one.
    What starts vLLM, imports torch, or is stopped while it runs takes ``harness_process``.
    """
    return _in_this_process


@pytest.fixture(scope="session")
def harness_process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in a process of its own."""
    return _in_a_process


def _write(path: Path, text: str) -> Path:
    """Write an indented text block as a file, making its folder."""
    lines = text.strip("\n").split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(line[indent:] for line in lines) + "\n", encoding="utf-8")
    return path


def _in_a_process(
    *words: str | Path,
    cwd: Path | None = None,
    timeout: float = 600,
    stdin: int = subprocess.DEVNULL,
    stderr: int = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HARNESS, *map(str, words)],
        cwd=cwd or REPOSITORY,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        timeout=timeout,
        env={**os.environ, **WIDTH},
        check=False,
    )


def _in_this_process(
    *words: str | Path, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    arguments = [HARNESS, *map(str, words)]
    with tempfile.TemporaryFile("w+b") as stdout, tempfile.TemporaryFile("w+b") as stderr:
        with _as_a_new_process(arguments, cwd or REPOSITORY, stdout, stderr):
            code = _exit_code()
        for file in (stdout, stderr):
            file.seek(0)
        return subprocess.CompletedProcess(
            arguments, code, stdout.read().decode(), stderr.read().decode()
        )


def _exit_code() -> int:
    """Call the command, and end as Python would."""
    try:
        main()
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        sys.stderr.write(f"{ended.code}\n")
    except BaseException:  # noqa: BLE001 (a process ends with a trace, whatever it is)
        traceback.print_exc()
    return 1


@contextmanager
def _as_a_new_process(
    arguments: list[str], cwd: Path, stdout: IO[bytes], stderr: IO[bytes]
) -> Iterator[None]:
    """Give what belongs to a process as a new one has it, and take it back at the end.

    The descriptors 1 and 2 themselves lead to the files, since a progress bar and an engine's log
    work on descriptors. Caches of our modules are emptied: files change between two commands.
    """
    argv, environment, before = sys.argv, dict(os.environ), Path.cwd()
    streams = sys.stdin, sys.stdout, sys.stderr
    for stream in streams[1:]:
        stream.flush()
    saved = {number: os.dup(number) for number in (1, 2)}
    for module in [m for name, m in sys.modules.items() if name.partition(".")[0] == "harness"]:
        for value in vars(module).values():
            if callable(getattr(value, "cache_clear", None)):
                value.cache_clear()
    try:
        os.dup2(stdout.fileno(), 1)
        os.dup2(stderr.fileno(), 2)
        os.chdir(cwd)
        os.environ.update(WIDTH)
        sys.argv = arguments
        with (
            Path(os.devnull).open(encoding="utf-8") as sys.stdin,
            os.fdopen(1, "w", encoding="utf-8", closefd=False) as sys.stdout,
            os.fdopen(
                2, "w", encoding="utf-8", closefd=False, errors="backslashreplace"
            ) as sys.stderr,
            warnings.catch_warnings(),
        ):
            warnings.resetwarnings()
            for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning):
                warnings.simplefilter("ignore", kind)
            yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = streams
        for number, copy in saved.items():
            os.dup2(copy, number)
            os.close(copy)
        os.chdir(before)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = argv
