"""Of the faulty files beside this one, which are marked by the JSON Schemas that editors use.

A folder's fault is marked where one of its YAML files is not valid under the schema of its kind.
Every other folder stands below, under the reason why no schema of one file can know the fault: a
new one must be marked, or be given a reason.
"""

from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from harness.errors import HarnessError
from harness.pipeline.looking.editor_schemas import editor_schema
from harness.yaml_source import load_yaml

HERE = Path(__file__).parent
FAULTS = sorted(
    path.relative_to(HERE).as_posix() for path in HERE.glob("[a-z]*/*") if path.is_dir()
)
LEAST = 112
"""Faults that are marked; may grow."""

UNKNOWABLE = {
    "it is in how YAML is written, and a schema is given the values": """
        keys/twice* yaml-values/a-date yaml-values/a-version* yaml-values/*-as-a-*
        yaml-values/base-60 yaml-values/a-huge-number yaml-values/infinity yaml-values/octal
        yaml-values/underscores-in-a-number yaml/*""",
    "it is in a template, which is a text for a schema": """
        templates/* includes/* extends/a-fault-two-levels-up matrix/a-fault-in-one-cell
        messages/an-image* messages/undefined-in-the-second exemplars/as-text-and-not-shown
        controls/blind-of-an-image-alone""",
    "it is in the data": """
        dataset/a-row-that-is-none dataset/an-id-twice dataset/images-that-are-not-there
        dataset/no-such-metadata dataset-cells/* dataset-files/* dataset-images/*
        dataset-clean/nothing-is-left exemplars/a-sample-under-test exemplars/more-than-there-are
        exemplars/no-such-id exemplars/similar-by-an-unknown-field
        exemplars/the-answer-in-the-prompt controls/shuffled-of-one-sample""",
    "another file is meant, which is not there, or is another": """
        controls/of-no-variant dataset/no-such dataset/no-such-[fp]* decide/unknown-baseline
        exemplars/no-such-dataset extends/a-c* extends/itself extends/missing*
        extends/nearly-itself
        extends/another-suite-that-is-not-there
        extends/with-the-ending metrics/a-module-that-is-not-there
        models/a-checkpoint-that-is-not-there models/predictions-*
        models/without-an-engine names/a-variant-that-clashes-with-a-cell names/no-such-*
        names/a-variant-named-as-a-control names/a-file-named-like-* names/a-variant-with-its-ending
        vars/*""",
    "what a file extends may have what it leaves out": """
        extends/messages-with-a-system-alone keys/no-user keys/only-system""",
    "an installed package may add it": """
        dataset/an-unknown-format decide/unknown-metric metrics/misspelt* metrics/unknown
        models/an-unknown-engine models/an-unknown-image-setting postprocess/an-unknown-step*""",
    "an engine knows its own arguments and sampling parameters": """
        decoding/an-unknown-parameter decoding/beams-with-temperature
        decoding/draws-of-a-greedy-one decoding/unknown-in-a-suite models/a-bad-base-url
        models/an-unknown-argument""",
    "draft-07 cannot compare a value with others, or with names that a person chooses": """
        dataset-clean/a-fault-twice dataset-clean/no-number-of-words-will-do
        decide/a-margin-of-another-metric decide/a-metric-that-the-suite-has-not
        exemplars/a-count-that-is-no-variable exemplars/an-order-that-is-none
        exemplars/more-than-are-listed matrix/a-level-twice matrix/excludes-everything
        matrix/excludes-no-* matrix/no-axis-but-exclude matrix/too-many-cells
        names/a-variable-and-an-axis names/*differ-in-capitals
        decide/a-baseline-that-nobody-is-asked names/two-models*
        postprocess/pipelines-of-one-name""",
    "draft-07 cannot tell the last of a list": "messages/the-assistant-last",
    "draft-07 does not check that an expression, a schema or an encoding is one": """
        dataset/an-unknown-encoding decoding/a-form-that-is-no-expression
        decoding/a-schema-that-is-none postprocess/an-expression-that-*""",
}


@cache
def validator(kind):
    return Draft7Validator(editor_schema(kind))


def is_marked(fault):
    return any(not validator(kind).is_valid(data) for kind, data in files(fault))


def files(fault):
    """Give what the YAML files of a folder hold, with their kinds; not of what is no YAML."""
    for path in sorted((HERE / fault).rglob("*.yaml")):
        kind = "suite" if path.name == "suite.yaml" else "variant"
        try:
            yield "dataset" if path.parent.name == "datasets" else kind, load_yaml(path).data
        except HarnessError:
            continue


def is_under(fault, patterns):
    return any(fnmatch(fault, pattern) for pattern in patterns.split())


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_marked_or_there_is_a_reason_why_it_cannot_be(fault):
    reasons = [reason for reason, patterns in UNKNOWABLE.items() if is_under(fault, patterns)]
    assert is_marked(fault) or len(reasons) == 1


def test_what_a_schema_can_know_stands_under_no_reason():
    marked = {fault for fault in FAULTS if is_marked(fault)}
    assert len(marked) >= LEAST
    for patterns in UNKNOWABLE.values():
        for pattern in patterns.split():
            assert any(fnmatch(fault, pattern) for fault in FAULTS if fault not in marked), pattern
            assert pattern not in marked
