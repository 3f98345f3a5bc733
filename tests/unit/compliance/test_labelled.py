"""How often each flag is right, on texts in the style of real models that were labelled by hand.

first.jsonl and second.jsonl were written before, and looked at while, the flags were made;
third.jsonl after. What the flags of that day said of it is in docs/how-to/compliance.md.
"""

import json

import pytest

from harness.compliance import FLAGS, expected_of, flags_of
from harness.records import Sample

LEAST = dict.fromkeys(FLAGS, 0.95) | {"language": 0.9, "refusal": 0.9}


@pytest.fixture(scope="module")
def labelled(request):
    folder = request.config.rootpath / "tests" / "golden" / "compliance"
    return [
        json.loads(line)
        for name in ("first", "second", "third")
        for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]


@pytest.fixture(scope="module")
def found(request, labelled):
    """Which flags each text has, where the references are the demo's titles."""
    path = request.config.rootpath / "datasets" / "recipes-demo" / "samples.jsonl"
    titles = [json.loads(line)["title"] for line in path.read_text().splitlines()]
    samples = [Sample(id=t, references=(t,), cluster=None, metadata={}, media=()) for t in titles]
    expected = expected_of(samples)
    return [flags_of(row["text"], row["finish_reason"], expected) for row in labelled]


def test_the_texts_are_many_and_differ(labelled):
    assert len(labelled) >= 300
    assert len({(row["text"], row["finish_reason"]) for row in labelled}) == len(labelled)
    assert {flag for row in labelled for flag in row["flags"]} == set(FLAGS)
    assert sum(not row["flags"] for row in labelled) >= 150


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_is_right_and_misses_little(flag, labelled, found):
    wanted = {i for i, row in enumerate(labelled) if flag in row["flags"]}
    given = {i for i, flags in enumerate(found) if flag in flags}
    precision = len(wanted & given) / len(given)
    recall = len(wanted & given) / len(wanted)
    wrong = [labelled[i]["text"] for i in sorted(wanted ^ given)]
    said = f"{flag}: precision {precision:.3f}, recall {recall:.3f} of {len(wanted)}: {wrong}"
    assert min(precision, recall) >= LEAST[flag], said
