"""A request → what ``harness render`` shows of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli.output import say_pieces, say_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.pipeline.asking.plan import Plan
    from harness.records import MediaRef, Request, Role, System

IMAGE = "bold blue"
ROLES: Mapping[Role, str] = {
    "system": "bold magenta",
    "developer": "bold magenta",
    "user": "bold cyan",
    "assistant": "bold green",
    "tool": "bold yellow",
}
"""Role → its style on a terminal."""


def print_prompt(request: Request, exemplars: Mapping[int, str]) -> None:
    """Print messages; what is not indented is the program's, whatever the prompt's texts say.

    Args:
        request: what is sent.
        exemplars: place of a message → the exemplar that it shows.
    """
    from harness.records import TextPart

    for i, message in enumerate(request.rendered.messages):
        shown = [exemplars[i]] if i in exemplars else []
        say_pieces((role_text(message.role), ROLES[message.role]), exemplar_piece(shown))
        for part in message.parts:
            if isinstance(part, TextPart):
                say_text(part.text, indent="  ", dim=bool(shown))
            else:
                say_pieces((image_text(request.rendered.media[part.index]), IMAGE))


def role_text(role: Role) -> str:
    """Write who speaks."""
    return f"[{role}]"


def exemplar_piece(ids: Sequence[str]) -> tuple[str, str]:
    """Say behind a role which exemplar a message shows, if it does."""
    return (f" exemplar {' → '.join(ids)}", "dim") if ids else ("", "")


def image_text(ref: MediaRef) -> str:
    """Write an image in its place."""
    facts = f"{ref.width}×{ref.height}, sha256 {ref.sha256[:12]}…"
    return f"<image {Path(ref.name).name}: {facts}>"


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
