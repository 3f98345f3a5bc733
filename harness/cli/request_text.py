"""A request → what ``harness render`` shows of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli.output import say, say_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.pipeline.asking.plan import Plan
    from harness.records import Request, System


def print_prompt(request: Request) -> None:
    """Print messages; what is not indented is the program's, whatever the prompt's texts say."""
    from harness.records import TextPart

    for message in request.rendered.messages:
        say(f"[{message.role}]")
        for part in message.parts:
            if isinstance(part, TextPart):
                say_text(part.text, indent="  ")
            else:
                ref = request.rendered.media[part.index]
                facts = f"{ref.width}×{ref.height}, sha256 {ref.sha256[:12]}…"
                say(f"<image {Path(ref.name).name}: {facts}>")


def key_text(plan: Plan, request: Request, system: System) -> str:
    """Write the beginning of a request's key, or why it is not known yet."""
    if plan.pinned(system.model):
        return f"{request.key[:16]}…"
    return f"not known before a run asks for the commit of {plan.model(system.model).model}"


def request_json(plan: Plan, system: System, request: Request) -> Mapping[str, Any]:
    """Give a request as plain data."""
    from dataclasses import asdict

    return {
        "system": system.name,
        "sample_id": request.sample_id,
        "key": request.key if plan.pinned(system.model) else None,
        "decoding": dict(request.decoding.params),
        "messages": [
            {
                "role": message.role,
                "parts": [asdict(part) for part in message.parts],
            }
            for message in request.rendered.messages
        ],
        "media": [asdict(ref) for ref in request.rendered.media],
    }
