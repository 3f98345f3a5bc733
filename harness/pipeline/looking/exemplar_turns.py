"""A rendered prompt → which of its turns are worked examples, and of which samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.pipeline.asking.plan import Plan
    from harness.records import Request, Sample, System


def exemplars_shown(plan: Plan, system: System, sample_id: str) -> Sequence[Sample]:
    """Give the samples that a system's prompt shows as worked examples, in order."""
    variant = plan.variant(system.variant)
    name = variant.control_of or variant.name
    if choosing := plan.similar.get(name):
        return [choosing.candidates[i] for i in choosing.chosen[sample_id]]
    return plan.exemplars.get(name, ())


def exemplar_turns(plan: Plan, system: System, request: Request) -> dict[int, str]:
    """Find the messages that are worked examples: they stand before the last one of the user.

    Returns:
        Place of the message → id of the exemplar, of its question as of its answer.
    """
    spec = plan.variant(system.variant).exemplars
    if spec is None or spec.form != "turns":
        return {}
    ids = [sample.id for sample in exemplars_shown(plan, system, request.sample_id)]
    roles = [message.role for message in request.rendered.messages]
    question = max(i for i, role in enumerate(roles) if role == "user")
    return dict(enumerate((each for each in ids for _ in range(2)), question - 2 * len(ids)))
