"""All that a run's numbers and pages depend on → one hash: has anything changed?"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

from harness.fingerprint import content_of_paths, sha256_folder, sha256_json, sha256_json_list
from harness.metrics.hf import source_of
from harness.pipeline.asking.code_parts import used_additions
from harness.pipeline.asking.declaring import decision_sha256
from harness.pipeline.asking.environment import java_version
from harness.store.run_files import plain_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.pipeline.asking.plan import Plan
    from harness.records import Json, MetricSpec, ReportedRow

PROGRAM = Path(__file__).parents[2]
"""This program's own folder."""
_SCORING_EXTRAS = ("semantic",)
"""Extras whose packages compute numbers; those of engines made texts, which are kept."""
_REQUIREMENT = re.compile(r"([\w.-]+).*?(?:extra == [\"'](\w+)[\"'])?$")


def inputs_hash(plan: Plan, keys_sha256: str, reported: Sequence[ReportedRow]) -> str:
    """Hash all that a run's numbers and pages depend on, this program included.

    Args:
        plan: what is asked; its samples.
        keys_sha256: over the keys of all its completions.
        reported: figures that the table shows beside it.
    """
    suite = plan.suite
    variants = [renderer.variant for renderer in plan.renderers.values()]
    return sha256_json(
        {
            "completions": keys_sha256,
            "systems": plain_data(plan.systems),
            "suite": [suite.name, suite.baseline, plan.repeats, suite.tokenizer],
            "models": plain_data(suite.models),
            "variants": [
                [
                    [v.name, v.description, v.structured_outputs],
                    [list(v.postprocess), list(v.pipelines.items())],
                    plain_data(tuple(turn for _, turn in v.templates())),
                    [v.vars, v.axes, v.matrix, v.nuisance, [p.text for p in v.parts]],
                ]
                for v in variants
            ],
            "metrics": [_content(spec) for spec in suite.metrics],
            "decide": decision_sha256(suite, plan.dataset.split),
            "dataset": [suite.dataset.name, suite.dataset.description],
            "dropped": plain_data(plan.dataset.dropped),
            "mended": plain_data(plan.dataset.mended),
            "chosen": plain_data(plan.dataset.chosen),
            "splits": plain_data(suite.dataset.choosing.splits),
            "unknown_ids": list(plan.unknown_ids),
            "samples": sha256_json_list(
                [s.id, s.references, s.cluster, s.metadata] for s in plan.samples
            ),
            "leakage": list(plan.leakage.allowed) if plan.leakage else [],
            "reported": plain_data(tuple(reported)),
            "program": sha256_folder(PROGRAM, "*.py", "*.j2"),
            "packages": scoring_packages(),
            "added": [
                [each.kind, each.name, each.label, each.code_sha256()]
                for each in used_additions(suite)
            ],
            "java": java_version(),
        }
    )


def scoring_packages() -> dict[str, str]:
    """Give the version of every package that this one needs to score, as its metadata lists them.

    Nothing is named here, so that a package which is added later cannot be forgotten.
    """
    versions: dict[str, str] = {}
    for requirement in requires("prompt-harness") or ():
        match = _REQUIREMENT.match(requirement)
        if match is None or (match[2] is not None and match[2] not in _SCORING_EXTRAS):
            continue
        try:
            versions[match[1]] = version(match[1])
        except PackageNotFoundError:
            versions[match[1]] = "absent"
    return versions


def _content(spec: MetricSpec) -> Json:
    """Describe a metric by what computes it: a script or a model's folder by its content."""
    source = source_of(spec) if spec.kind == "evaluate" else spec.name
    return [source, spec.label, content_of_paths(dict(spec.options))]
