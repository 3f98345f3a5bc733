"""A completion and the names of steps → a prediction, and what each step did.

The raw completion is kept beside the prediction, so a changed list of steps costs only a re-score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import ConfigError
from harness.postprocess.steps import FIELD, STEPS, json_field
from harness.records import Completion, Prediction, PredictionStatus, Where

if TYPE_CHECKING:
    from collections.abc import Sequence


def check_steps(names: Sequence[str], where: Where | None = None) -> None:
    """Refuse step names that do not exist.

    Raises:
        ConfigError: the first unknown name, with those that are known.
    """
    for name in names:
        if name not in STEPS and not (name.startswith(FIELD) and name != FIELD):
            raise ConfigError(
                f"no post-processing step is named '{name}'",
                where=where,
                hint=f"known steps: {', '.join(STEPS)}, {FIELD}NAME",
            )


def predict(completion: Completion, names: Sequence[str]) -> Prediction:
    """Turn a completion into a prediction by these steps, in order.

    A step that does not apply, or that would leave nothing of an answer, leaves the text as it is
    and is named in the prediction: what a model wrote is never emptied in silence.
    """
    if completion.error is not None:
        return Prediction(value=None, status="failed", steps=(), reason=completion.error)
    text = completion.text
    changed: list[str] = []
    declined: list[str] = []
    unapplied: list[str] = []
    for name in names:
        after = _apply(name, text)
        if after is None:
            unapplied.append(name)
        elif text.strip() and not after.strip():
            declined.append(name)
        elif after != text:
            changed.append(name)
            text = after
    status: PredictionStatus = "ok" if text.strip() else "empty"
    return Prediction(
        value=text,
        status=status,
        steps=tuple(changed),
        declined=tuple(declined),
        unapplied=tuple(unapplied),
    )


def _apply(name: str, text: str) -> str | None:
    if name.startswith(FIELD):
        return json_field(text, name[len(FIELD) :])
    return STEPS[name](text)
