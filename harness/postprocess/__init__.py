"""Completion → prediction by named, pure steps; never raises on what a model wrote."""

from harness.postprocess.named import (
    STEPS,
    WITH_ARGUMENT,
    added_steps,
    check_pace,
    check_steps,
    named_step,
    step_forms,
    step_mark,
)
from harness.postprocess.predict import predict

__all__ = [
    "STEPS",
    "WITH_ARGUMENT",
    "added_steps",
    "check_pace",
    "check_steps",
    "named_step",
    "predict",
    "step_forms",
    "step_mark",
]
