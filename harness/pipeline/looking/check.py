"""A project's files → what is wrong with them, without asking a model.

Suites go the road of a run (load, plan, render), so that whatever a run would refuse before it
asks a model is found here in the same words. Of a dataset the first usable sample is looked at, of
every variant its prompt for that sample; ``data=True`` takes all samples and decodes all images.
"""

from __future__ import annotations

import os
import traceback
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from harness import media
from harness.config.load import load_dataset, load_suite_parts, load_variants, variant_names
from harness.config.problems import Problems
from harness.config.selecting import clashes, file_of
from harness.dataset.choosing_rows import chosen_text
from harness.dataset.presence import is_here
from harness.dataset.samples import load_samples
from harness.dataset.sources.seen_files import SeenFiles
from harness.engines.hub import check_local
from harness.engines.protocol import check_machine
from harness.errors import ConfigError, DataError, HarnessError
from harness.fingerprint import sha256_file
from harness.pipeline.asking.code_parts import code_parts
from harness.pipeline.asking.control_prompts import refuse_no_donor, without_shuffled
from harness.pipeline.asking.declaring import replayed_systems
from harness.pipeline.asking.leakage import MOST_LOOKED_AT, guard
from harness.pipeline.asking.notices import notices
from harness.pipeline.asking.plan import Choice, Plan, draft_plan
from harness.pipeline.asking.refusals import refuse_steps
from harness.pipeline.asking.unscorable import refuse_unscorable
from harness.pipeline.looking.checked import Checked
from harness.pipeline.looking.declared import declared
from harness.pipeline.looking.lints.every import Linter
from harness.pipeline.looking.lints.looked import Looked
from harness.pipeline.looking.lints.same_prompt import pipelines_apart
from harness.pipeline.looking.special_texts import SpecialTexts
from harness.pipeline.looking.targets import targets
from harness.pipeline.looking.undecodable import undecodable
from harness.records import Where
from harness.render import Renderer
from harness.report.tables import read_reported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.config.variables import Setting
    from harness.dataset.samples import LoadedDataset
    from harness.pipeline.looking.targets import Target
    from harness.records import DatasetConfig, MediaRef, Place, PromptVariant, Suite

_REMEMBERED = 20_000
"""Images of which it is known what they are, should another suite show them: 1 kB each."""
_LOOKED_AT = 1_000
"""Pictures under test that are compared with exemplars' by their looks, without ``data``."""


def check(
    *paths: Path, data: bool = False, settings: Sequence[Setting] = (), split: str | None = None
) -> Checked:
    """Check what stands at paths, each a project, a suite, a variant's file or a dataset's file.

    Args:
        paths: see ``targets``; what several of them hold is looked at once.
        data: look at every sample and decode every image, not only at the first.
        settings: variables of the suite's variants that have another value.
        split: of datasets that have it, in the place of their first.

    Raises:
        HarnessError: there is nothing to check; or variables are set, and it is not one suite.
    """
    looking = Looking(data=data, settings=settings, split=split)
    held = []
    for path in paths:
        with looking.border(path):
            held.append(targets(path))
    if not held:
        if len(looking.problems.all) == 1:
            raise looking.problems.all[0]
        looking.problems.raise_any()
    listed = [(target, holds.whole) for holds in held for target in holds.listed]
    if settings and (len(paths) > 1 or listed[0][1] or listed[0][0].kind == "dataset"):
        raise ConfigError("--set sets variables of one suite", hint="name the suite to be checked")
    once: dict[tuple[str, Path], tuple[Target, bool]] = {}
    for target, whole in sorted(listed, key=lambda each: each[1]):  # what is named itself first
        once.setdefault((target.kind, _real(target.path)), (target, whole))
    for target, looking.whole_project in once.values():
        with looking.border(target.path):
            if target.kind == "dataset":
                looking.dataset(target.path)
            elif target.kind == "suite":
                looking.suite(target.path)
            else:
                looking.variant(target.path)
    looking.notices += _same_results(looking.seen["suite"])
    looking.notices += [
        f"{file} is not read: the names of prompts and datasets end in .yaml"
        for holds in held
        for file in holds.overlooked
    ]
    return Checked(
        counts={
            "suite": len(looking.seen["suite"]),
            "variant": len(looking.seen["variant"]),
            "dataset": len(looking.seen["dataset"]),
        },
        problems=tuple(looking.problems.all),
        lints=looking.linter.sorted(),
        notices=tuple(dict.fromkeys((*looking.notices, *looking.linter.idle()))),
        data=data,
    )


class Looking:
    """One check: what it has seen so far."""

    def __init__(
        self,
        *,
        data: bool,
        whole_project: bool = False,
        settings: Sequence[Setting] = (),
        split: str | None = None,
    ) -> None:
        self.limit = None if data else 1
        self._settings = tuple(settings)
        self._split = split
        self.whole_project = whole_project
        self._absent: set[Where] = set()
        self.problems = Problems()
        self.notices: list[str] = []
        self.linter = Linter()
        self.seen: dict[str, set[Path]] = {"suite": set(), "variant": set(), "dataset": set()}
        self._hash_file: Callable[[Path], str] = lru_cache(_REMEMBERED)(sha256_file)
        self._probe: Callable[[Place], MediaRef] = lru_cache(_REMEMBERED)(media.probe)
        self._look: Callable[[MediaRef], str] = lru_cache(_REMEMBERED)(media.look)

    @contextmanager
    def border(self, path: Path) -> Iterator[None]:
        """Keep what the block raises, whatever it is: one bad file is no reason to miss the rest.

        What is no HarnessError is a fault of this program; it is reported with its place there.
        """
        try:
            with self.problems.caught():
                yield
        except Exception as error:  # noqa: BLE001 - what a stranger's file may make any package raise
            message = f"could not be checked: {type(error).__name__}: {str(error)[:300]}"
            problem = ConfigError(message, where=Where(path=path), hint=_own_place(error))
            problem.__cause__ = error
            self.problems.add([problem])

    def dataset(self, path: Path) -> None:
        """Check a dataset's description and rows."""
        self.seen["dataset"].add(_real(path))
        config = load_dataset(path)
        if self._elsewhere(config):
            return
        seen = SeenFiles()
        for split in self._splits_of(config):
            loaded = load_samples(
                config,
                split=split,
                limit=self.limit,
                probe=self._probe,
                look=self._look,
                seen=seen,
            )
            self.notices += loaded.notes
            self._dropped(config, loaded)
            self._chosen(config, loaded)
            self.problems.add(undecodable(config, loaded.samples))

    def variant(self, path: Path) -> None:
        """Check a variant's file, by the suite it stands in if there is one."""
        if (path.parent / "suite.yaml").is_file():
            self.suite(path.parent, only=path.stem)
        else:
            self.seen["variant"].add(_real(path))
            self._alone(path)

    def suite(self, folder: Path, *, only: str | None = None) -> None:
        """Check a suite, and the variants beside it that it does not list; or one variant."""
        known = Problems() if only else self.problems
        before = len(known.all)
        suite = load_suite_parts(folder, known)
        whole = len(known.all) == before  # of what is wrong nobody can say what it declares
        listed = {variant.matrix or variant.name for variant in suite.variants} if suite else set()
        names = [only] if only else [n for n in variant_names(folder) if n not in listed]
        paths = [folder / f"{name}.yaml" for name in [*listed, *names]]
        self.seen["variant"] |= {_real(p) for p in paths if not only or p.stem == only}
        if suite is None:
            self.problems.add(known.all)
            for name in names:
                with self.border(folder / f"{name}.yaml"):
                    self._alone(folder / f"{name}.yaml")
            return
        variants = [] if only else [*suite.variants]
        for name in names:
            path = folder / f"{name}.yaml"
            with self.border(path):
                found = list(_as_the_suite_has_them(load_variants(folder, name), suite))
                self.problems.add(clashes(variants, found, Where(path=path)))
                variants += found
        self.seen["dataset"].add(_real(suite.dataset.where.path))
        if not only:
            self.seen["suite"].add(_real(folder))
        plan = None
        if variants:
            every = replace(suite, variants=tuple(variants), baseline=variants[0].name)
            plan = self._plan(every, folder, beside=suite.variants if only else ())
        if not only and whole:
            replayed = replayed_systems(plan) if plan else []
            self.notices += [f"{folder} {text}" for text in declared(suite, replayed)]

    def _plan(
        self, suite: Suite, folder: Path, *, beside: Sequence[PromptVariant] = ()
    ) -> Plan | None:
        """Go the road of a run up to where it would ask; give the plan of what is left."""
        problems = Problems()
        self._elsewhere(suite.dataset)
        as_written = suite
        if self.limit is not None:  # no sample is another one's where there is one
            suite = without_shuffled(suite)
        plan = draft_plan(
            suite,
            Choice(
                split=self._splits_of(suite.dataset)[0],
                limit=self.limit,
                settings=self._settings,
            ),
            problems,
            hash_file=self._hash_file,
            probe=self._probe,
            pin=check_local,
            look=self._look,
        )
        # That data are not here was said; where they are none of the project's it is no mistake.
        self.problems.add(
            p for p in problems.all if not (isinstance(p, DataError) and p.where in self._absent)
        )
        self._reported(suite)
        with self.problems.caught():  # what is not there is no reason to miss the rest
            self.notices += [f"{folder} runs code: {part}" for part in code_parts(suite)]
        self._machine(suite)
        for variant in suite.variants:
            if plan is None or variant.name not in plan.renderers:
                with self.border(_path(variant, folder)):
                    Renderer(variant)
        if plan is None:
            return None
        before = len(self.problems.all)
        special = SpecialTexts(plan)
        for renderer in plan.renderers.values():
            for sample in plan.samples:
                with self.border(_path(renderer.variant, folder)):
                    special.look(renderer, sample, renderer.render(sample))
        self.problems.add(special.problems())
        self._dropped(suite.dataset, plan.dataset)
        self.problems.add(undecodable(suite.dataset, plan.samples))
        right = not problems.all and len(self.problems.all) == before
        if right:
            with self.border(folder):
                for _ in plan.requests():
                    pass
        with self.border(folder):
            whole = plan if self.limit is None else self._whole(plan, as_written)
            if right and len(self.problems.all) == before:
                refuse_unscorable(suite, whole.samples, self.problems)
            self._say(whole, folder)
            looked = Looked(plan=plan, whole=whole, beside=beside)
            self.linter.look(looked, whole=right and not beside)
            self.notices += [f"{folder}: {text}" for text in pipelines_apart(looked)]
        return plan

    def _whole(self, plan: Plan, suite: Suite) -> Plan:
        """Give a plan of one sample with all of them, whose images need not be there."""
        rows = load_samples(
            plan.suite.dataset,
            split=plan.dataset.split,
            images=False,
            probe=self._probe,
            look=lambda _: "",  # of all pictures it would take long, and tell nothing here
        )
        refuse_no_donor(suite, rows.samples, self.problems)
        of_files = plan.data_notes[len(plan.dataset.notes) :]
        return replace(plan, dataset=rows, data_notes=(*rows.notes, *of_files))

    def _say(self, plan: Plan, folder: Path) -> None:
        """Say what gives answers away, of all samples; some of their pictures are looked at."""
        with self.border(folder):  # what is refused is no reason not to say the rest
            most = MOST_LOOKED_AT if self.limit is None else _LOOKED_AT
            plan = replace(plan, leakage=guard(plan, self._look, most=most))
        said = (*(plan.leakage.allowed if plan.leakage else ()), *notices(plan, shown=False))
        self.notices += [f"{folder}: {text}" for text in said]

    def _alone(self, path: Path) -> None:
        """Check a variant that no sample can be had for: its template is compiled."""
        for variant in load_variants(path.parent, path.stem):
            refuse_steps(variant, self.problems)
            Renderer(variant)
        if not (path.parent / "suite.yaml").is_file():
            self.notices.append(f"{path} was not rendered: no suite.yaml stands beside it")

    def _elsewhere(self, config: DatasetConfig) -> bool:
        """Tell whether a dataset is none of the project's own, and not here.

        Asked for by its name that is a problem, in a look at a whole project a notice.
        """
        if not self.whole_project or not config.obtain or is_here(config):
            return False
        self.notices.append(
            f"{config.where}: the data of '{config.name}' are not here, so neither they nor what "
            f"uses them was looked at whole. {config.obtain.strip()}"
        )
        self._absent.add(config.where)
        return True

    def _machine(self, suite: Suite) -> None:
        """Say which models cannot be started here; where they can is not the suite's business."""
        for model in suite.models:
            with suppress(HarnessError):
                check_local(model)
                try:
                    check_machine(model)
                except HarnessError as error:
                    hint = f" ({error.hint})" if error.hint else ""
                    self.notices.append(
                        f"the model '{model.name}' cannot be asked here: {error.message}{hint}"
                    )

    def _reported(self, suite: Suite) -> None:
        if suite.reported:
            place = suite.where.get("reported")
            with self.border(suite.reported), self.problems.caught(place):
                read_reported(suite.reported)

    def _splits_of(self, config: DatasetConfig) -> Sequence[str | None]:
        """Give the splits that are looked at: the one that is named, else the first, or all.

        In a project other datasets may have no such split.
        """
        names = tuple(config.choosing.splits.shares) if config.choosing.splits else ()
        if self._split and (self._split in names or not self.whole_project):
            return (self._split,)
        return names if names and self.limit is None else (None,)

    def _chosen(self, config: DatasetConfig, loaded: LoadedDataset) -> None:
        """Say which rows are used, where all were read."""
        if self.limit is None and (said := chosen_text(loaded.chosen)):
            self.notices.append(f"{config.where.path}: {said}")

    def _dropped(self, config: DatasetConfig, loaded: LoadedDataset) -> None:
        counts = Counter(row.reason for row in loaded.dropped)
        if counts:
            part = "" if self.limit is None else " before the first usable one"
            said = ", ".join(f"{count} {reason}" for reason, count in counts.items())
            self.notices.append(
                f"{config.where.path}: rows{part} that are left out: {said}; "
                f"the first is '{loaded.dropped[0].id}' ({loaded.dropped[0].detail})"
            )


def _same_results(folders: set[Path]) -> Iterator[str]:
    """Find suites whose runs would stand among each other's: they are kept by the suite's name."""
    for name, count in Counter(folder.name for folder in folders).items():
        if count > 1:
            yield f"{count} suites are named '{name}' and keep their runs in results/{name} alike"


def _path(variant: PromptVariant, folder: Path) -> Path:
    return folder / f"{variant.matrix or file_of(variant.control_of or variant.name)}.yaml"


def _as_the_suite_has_them(
    variants: Sequence[PromptVariant], suite: Suite
) -> Iterator[PromptVariant]:
    """Give variants of a file with the variables that the suite sets; others as they are."""
    known = {variant.name: variant for variant in suite.variants}
    return (known.get(variant.name, variant) for variant in variants)


def _real(path: Path) -> Path:
    """Give the one name of a file; ``Path.resolve`` raises on a link to itself."""
    return Path(os.path.realpath(path))


def _own_place(error: Exception) -> str:
    """Say where in this program an error came from."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "harness" in f.filename]
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "this program"
    return f"a fault of harness ({place}), which should say what is wrong with the file"
