"""A completion and the names of steps → a prediction, and what each step did.

The raw completion is kept beside the prediction, so a changed list of steps costs only a re-score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.postprocess.named import named_step
from harness.records import Completion, Prediction, PredictionStatus

if TYPE_CHECKING:
    from collections.abc import Sequence


def predict(completion: Completion, names: Sequence[str]) -> Prediction:
    """Turn a completion into a prediction by these steps, in order.

    A step that does not apply, or that would leave nothing of an answer, leaves the text as it is
    and is named in the prediction: what a model wrote is never emptied in silence.

    Raises:
        ConfigError: no step has a name, or the code of a package's step failed.
    """
    if completion.error is not None:
        return Prediction(value=None, status="failed", steps=(), reason=completion.error)
    text = completion.text
    changed: list[str] = []
    declined: list[str] = []
    unapplied: list[str] = []
    slow: list[str] = []
    for name in names:
        try:
            after = named_step(name)(text)
        except TimeoutError:
            slow.append(name)
            after = None
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
        slow=tuple(slow),
    )
