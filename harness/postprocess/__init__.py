"""Completion → prediction by named, pure steps; never raises on what a model wrote."""

from harness.postprocess.predict import check_steps, predict
from harness.postprocess.steps import FIELD, STEPS, json_field

__all__ = ["FIELD", "STEPS", "check_steps", "json_field", "predict"]
