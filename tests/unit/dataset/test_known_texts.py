"""Texts that were there before are found, whatever their hashes."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from harness.dataset.known_texts import KnownTexts, PackedTexts

TEXTS = st.text(st.characters(exclude_categories=()), max_size=5)


class SameHash(str):
    """A text whose hash is that of all others."""

    __slots__ = ()

    def __hash__(self):
        return 12345

    def __eq__(self, other):
        return str.__eq__(self, other)


@given(st.lists(TEXTS | TEXTS.map(SameHash)), st.integers(0, 3))
def test_it_knows_what_a_mapping_knows(texts, few):
    known, mapping = KnownTexts(few), {}
    for number, text in enumerate(texts):
        assert known.get(text) == mapping.get(text)
        if text not in mapping:
            mapping[text] = number
            known.add(text, number)
    assert len(known) == len(mapping)
    assert {text: known.get(text) for text in texts} == {text: mapping[text] for text in texts}


def test_many_are_found_in_little_memory():
    """Found: 0.2 kB a sample for ids by themselves, and as much for hashes of images."""
    size = 200_000  # more than the first slots have room for
    tracemalloc.start()
    known = KnownTexts(0)
    for number in range(size):
        known.add(f"{number:07}", number)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held / size < 70
    assert all(known.get(f"{number:07}") == number for number in range(0, size, 97))
    assert known.get("0200000") is None


@given(st.lists(TEXTS))
def test_packed_texts_come_back(texts):
    packed = PackedTexts()
    for text in texts:
        packed.append(text)
    assert [packed[i] for i in range(len(packed))] == texts
