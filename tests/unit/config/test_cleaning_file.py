"""What a dataset's file may list under ``clean:``, and what is said of the rest."""

from typing import get_args

import pytest

from harness.config.load import load_dataset
from harness.config.schema.cleaning_file import Fault
from harness.dataset.row_fault import UNUSABLE
from harness.errors import ConfigErrors


@pytest.fixture
def load(tmp_path, write):
    def _load(clean):
        path = write(
            tmp_path / "d.yaml",
            f"""
            source: {{format: csv, path: d.csv}}
            columns: {{id: id, image: image, references: [title]}}
            clean: {clean}
            """,
        )
        return load_dataset(path)

    return _load


def test_a_fault_with_a_number_is_one_of_the_list(load):
    config = load(
        "[off_topic, {too_short_reference: {words: 2}}, {too_long_reference: {words: 2}}, "
        "{near_duplicate_image: {bits: 0}}]"
    )
    assert config.clean == (
        "off_topic",
        "too_short_reference",
        "too_long_reference",
        "near_duplicate_image",
    )
    assert config.clean_numbers == {
        "too_short_reference": 2,
        "too_long_reference": 2,
        "near_duplicate_image": 0,
    }
    assert load("[near_duplicate_image]").clean_numbers == {}


@pytest.mark.parametrize(
    ("clean", "said"),
    [
        ("[of_topic]", "d.yaml:3: 'clean.0': 'missing_id', .* wanted here.*\n.*mean 'off_topic'"),
        ("[too_short_reference]", r"it needs a number: \{too_short_reference: \{words: 2\}\}"),
        ("[{too_short_refrence: {words: 2}}]", "unknown key.*\n.*mean 'too_short_reference'"),
        ("[{too_long_reference: 9}]", "key: value lines.*\n.*example too_long_reference: {words:"),
        ("[{too_long_reference: {words: 0}}]", "at least 1 is wanted here, not the number 0"),
        ("[{near_duplicate_image: {bits: 65}}]", "less than or equal to 64|at most 64"),
        ("[{off_topic: {words: 2}}]", "'off_topic' takes no number: write the word alone"),
        ("[{too_long_reference: }]", "one fault with its number is wanted here"),
        (
            "[{too_long_reference: {words: 9}, too_short_reference: {words: 2}}]",
            "one fault with its number is wanted here",
        ),
        (
            "[{too_long_reference: {words: 2}}, {too_short_reference: {words: 3}}]",
            "no reference has at least 3 words and at most 2",
        ),
        ("[near_duplicate_image, {near_duplicate_image: {bits: 1}}]", "stands twice"),
        ("off_topic", r"a list is wanted here.*\n.*brackets: \[off_topic\]"),
    ],
)
def test_what_cannot_be_meant_is_told_with_what_to_write(load, clean, said):
    with pytest.raises(ConfigErrors, match=said) as caught:
        load(clean)
    assert len(caught.value.problems) == 1


def test_a_fault_either_makes_a_row_unusable_or_is_looked_for_where_it_is_listed():
    assert get_args(Fault)[: len(UNUSABLE)] == UNUSABLE
