"""Normalised texts against the SQuAD script that ships inside transformers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.exact import normalized

# torch first, as everywhere: harness.engines.torchvision_ops says why.
pytest.importorskip("torch", exc_type=ImportError)
squad = pytest.importorskip("transformers.data.metrics.squad_metrics", exc_type=ImportError)

PIECES = st.sampled_from(["a", "an", "the", "The", " ", ".", "-", "'", "_", "½", "’", "\u00a0"])


@given(st.lists(PIECES | st.text(max_size=4), max_size=8).map("".join))
@settings(max_examples=500)
def test_texts_are_normalised_as_squad_does(text):
    assert normalized(text) == squad.normalize_answer(text)
