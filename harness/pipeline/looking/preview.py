"""A suite and one sample → exactly what each system would be sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.pipeline.asking.plan import Choice, Plan, make_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import Request, Suite, System


def render_requests(
    suite: Suite, choice: Choice, sample_id: str | None
) -> tuple[Plan, list[tuple[System, Request]]]:
    """Render what will be sent for one sample (default: the first), a request per system.

    Raises:
        HarnessError: a name, a file or a template is wrong.
    """
    ids: Sequence[str] | None = None if sample_id is None else [sample_id]
    only_first = replace(choice, limit=1, repeats=1)
    plan = make_plan(suite, only_first, sample_ids=ids)
    return plan, [(planned.system, planned.request) for planned in plan.requests()]
