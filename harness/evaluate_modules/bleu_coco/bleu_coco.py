"""The harness's bleu as an ``evaluate`` module: a script to be copied and run."""

import evaluate

from harness.metrics.hf import CocoModule


class BleuCoco(CocoModule, evaluate.Metric):  # type: ignore[misc]  # evaluate has no types
    """BLEU_1 to BLEU_4, 0 to 1."""

    metric = "bleu"
    description = "BLEU_1 to BLEU_4, 0 to 1."
