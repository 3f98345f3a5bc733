"""The shape of every YAML file that a person writes, checked at the border by pydantic.

These models only say what is allowed; `load` turns them into records and resolves their names.
"""

from harness.config.schema.choosing_file import ConditionFile, SampleFile, SplitsFile
from harness.config.schema.dataset_file import FORMATS, DatasetFile
from harness.config.schema.model_file import ModelFile, PriceFile
from harness.config.schema.strict import KNOWN, Known
from harness.config.schema.suite_file import ControlsFile, DecideFile, SuiteFile
from harness.config.schema.variant_file import (
    AxisFile,
    ExemplarsFile,
    FormFile,
    MatrixFile,
    MessageFile,
    VariantFile,
)

__all__ = [
    "FORMATS",
    "KNOWN",
    "AxisFile",
    "ConditionFile",
    "ControlsFile",
    "DatasetFile",
    "DecideFile",
    "ExemplarsFile",
    "FormFile",
    "Known",
    "MatrixFile",
    "MessageFile",
    "ModelFile",
    "PriceFile",
    "SampleFile",
    "SplitsFile",
    "SuiteFile",
    "VariantFile",
]
