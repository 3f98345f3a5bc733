"""docs/reference/suite.md has every key that a suite, a variant or a model may have."""

import re

import pytest

from harness.config.sampling_values import NUMBERS
from harness.config.schema import (
    AxisFile,
    ControlsFile,
    DecideFile,
    ExemplarsFile,
    FormFile,
    MatrixFile,
    MessageFile,
    ModelFile,
    PriceFile,
    SuiteFile,
    VariantFile,
)
from harness.yaml_source import load_yaml


@pytest.fixture
def page(repository):
    return (repository / "docs/reference/suite.md").read_text()


@pytest.mark.parametrize(
    "schema",
    [
        SuiteFile, DecideFile, VariantFile, ModelFile, ExemplarsFile, FormFile, PriceFile,
        MessageFile, AxisFile, MatrixFile, ControlsFile,
    ],
)  # fmt: skip
def test_every_key_is_on_the_page(page, schema):
    keys = {field.alias or name for name, field in schema.model_fields.items()}
    shown = set(re.findall(r"`(\w+)`", page)) | set(re.findall(r"\b(\w+):", page))
    assert keys <= shown


def test_every_sampling_parameter_is_on_the_page(page):
    assert set(NUMBERS) | {"stop"} <= set(re.findall(r"`(\w+)`", page))


def test_the_examples_are_files_that_load(page, tmp_path):
    suite, decide, variant, chat, models = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "x.yaml"
    for schema, text, without in (
        (SuiteFile, suite, set()),
        (VariantFile, variant, {"messages"}),
        (VariantFile, chat, set(VariantFile.model_fields) - {"messages"}),
    ):
        path.write_text(text)
        assert set(load_yaml(path).data) == set(schema.model_fields) - without
        schema.model_validate(load_yaml(path).data)
    path.write_text(decide)
    declared = load_yaml(path).data["decide"]
    assert set(declared) == set(DecideFile.model_fields)
    DecideFile.model_validate(declared)
    path.write_text(models)
    [model] = load_yaml(path).data["models"]
    assert set(model) == set(ModelFile.model_fields)
    ModelFile.model_validate(model)
