"""A suite and one sample → exactly what each system would be sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.pipeline.asking.plan import Choice, Plan, choose, make_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import Request, Suite, System


def render_requests(
    suite: Suite, choice: Choice, sample_id: str | None
) -> tuple[Plan, list[tuple[System, Request]]]:
    """Render what will be sent for one sample (default: the first), a request per system.

    A control that shows another sample's image shows the one that a run of all samples would.

    Raises:
        HarnessError: a name, a file or a template is wrong.
    """
    ids: Sequence[str] | None = None if sample_id is None else [sample_id]
    only_first = replace(choice, limit=1, repeats=1)
    if any("shuffled" in kinds for kinds in choose(suite, choice).controls.values()):
        plan = make_plan(suite, replace(only_first, limit=None))
        samples = [s for s in plan.samples if sample_id in (None, s.id)][:1]
        if samples:
            one = replace(plan.dataset, samples=tuple(samples))
            plan = replace(plan, dataset=one)
            return plan, _requests(plan)
    plan = make_plan(suite, only_first, sample_ids=ids)
    return plan, _requests(plan)


def _requests(plan: Plan) -> list[tuple[System, Request]]:
    return [(planned.system, planned.request) for planned in plan.requests()]
