"""The harness's cider as an ``evaluate`` module: a script to be copied and run."""

import evaluate

from harness.metrics.hf import CocoModule


class CiderCoco(CocoModule, evaluate.Metric):  # type: ignore[misc]  # evaluate has no types
    """CIDEr (CIDEr-D), 0 to 10, of two samples or more."""

    metric = "cider"
    description = "CIDEr (CIDEr-D), 0 to 10, of two samples or more."
