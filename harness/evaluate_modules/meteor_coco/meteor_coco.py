"""The harness's meteor as an ``evaluate`` module: a script to be copied and run."""

import evaluate

from harness.metrics.hf import CocoModule


class MeteorCoco(CocoModule, evaluate.Metric):  # type: ignore[misc]  # evaluate has no types
    """METEOR 1.5 for English, 0 to 1."""

    metric = "meteor"
    description = "METEOR 1.5 for English, 0 to 1."
