"""The harness's rouge_l as an ``evaluate`` module: a script to be copied and run."""

import evaluate

from harness.metrics.hf import CocoModule


class RougeLCoco(CocoModule, evaluate.Metric):  # type: ignore[misc]  # evaluate has no types
    """ROUGE_L, 0 to 1."""

    metric = "rouge_l"
    description = "ROUGE_L, 0 to 1."
