"""A project's files → what is wrong with each, without running anything."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from harness.config.load import (
    PRESETS,
    SUITE_FILE,
    load_dataset,
    load_preset,
    load_suite,
    load_variant,
    preset_names,
    variant_names,
)
from harness.engines.protocol import check as check_engine
from harness.errors import ConfigErrors, HarnessError
from harness.metrics.registry import check_specs
from harness.postprocess import check_steps
from harness.render import Renderer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A file or suite that was looked at, and what is wrong with it."""

    path: Path
    problems: tuple[HarnessError, ...]


def check_tree(root: Path) -> list[Checked]:
    """Validate every YAML file under ``root``'s ``prompts/`` and ``datasets/``, and the presets.

    Dataset rows and images are not read. A problem is reported once, where it stands.
    """
    checked = [_check(path, partial(load_dataset, path)) for path in _datasets(root)]
    seen = {str(problem) for one in checked for problem in one.problems}
    for suite_file in sorted((root / "prompts").glob(f"*/{SUITE_FILE}")):
        folder = suite_file.parent
        found = _check(suite_file, partial(_check_suite, folder))
        unused = [
            _check(folder / f"{name}.yaml", partial(_check_variant, folder, name))
            for name in variant_names(folder)
        ]
        for one in (*unused, found):
            fresh = tuple(problem for problem in one.problems if str(problem) not in seen)
            seen |= {str(problem) for problem in fresh}
            checked.append(Checked(path=one.path, problems=fresh))
    checked += [_check(PRESETS / f"{n}.yaml", partial(load_preset, n)) for n in preset_names()]
    return checked


def _datasets(root: Path) -> list[Path]:
    return sorted((root / "datasets").glob("*.yaml"))


def _check_variant(folder: Path, name: str) -> None:
    variant = load_variant(folder, name)
    check_steps(variant.postprocess, variant.where.get("postprocess"))
    Renderer(variant)


def _check_suite(folder: Path) -> None:
    suite = load_suite(folder)
    for model in suite.models:
        check_engine(model, suite.decodings)
    check_specs(suite.metrics)


def _check(path: Path, load: Callable[[], object]) -> Checked:
    try:
        load()
    except ConfigErrors as error:
        return Checked(path=path, problems=tuple(error.problems))
    except HarnessError as error:
        return Checked(path=path, problems=(error,))
    return Checked(path=path, problems=())
