"""Document frequencies counted in blocks are those that counting by hand gives."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.document_frequencies import DocumentFrequencies
from harness.metrics.ngrams import ORDERS, NgramTable

TEXTS = st.lists(st.sampled_from("rice soup with egg tart".split()), max_size=7).map(" ".join)
DOCUMENTS = st.lists(st.lists(TEXTS, min_size=1, max_size=3), min_size=1, max_size=9)


def ngrams(text):
    words = text.split()
    return [
        tuple(words[i : i + n]) for n in range(1, ORDERS + 1) for i in range(len(words) - n + 1)
    ]


@given(DOCUMENTS, DOCUMENTS, st.integers(1, 4))
def test_counted_in_blocks_of_documents_they_are_those_counted_by_hand(documents, asked, size):
    words = {}
    frequencies = DocumentFrequencies(words)
    for start in range(0, len(documents), size):
        block = documents[start : start + size]
        owners = np.repeat(np.arange(start, start + len(block)), [len(texts) for texts in block])
        frequencies.add([text for texts in block for text in texts], owners)
    frequencies.count()
    by_hand = Counter(
        ngram
        for texts in documents
        for ngram in {ngram for text in texts for ngram in ngrams(text)}
    )

    table = NgramTable(words)
    for text in (text for texts in (*asked, *documents) for text in texts):
        [row] = table.rows([text])
        bags = table.bags(np.array([row]))
        found = frequencies.of(table)[bags.ids]
        # N-grams have no name here: what a text's n-grams come to is compared, order by order.
        for order in range(ORDERS):
            here = bags.ids % ORDERS == order
            own = Counter(n for n in ngrams(text) if len(n) == order + 1)
            wanted = sorted((max(1, by_hand[n]), count) for n, count in own.items())
            counts = bags.counts[here].tolist()
            assert sorted(zip(found[here].tolist(), counts, strict=True)) == wanted


def test_what_one_document_has_alone_is_not_kept():
    words = {}
    frequencies = DocumentFrequencies(words)
    texts = [f"soup with egg number {i}" for i in range(1000)]
    frequencies.add(texts, np.arange(1000))
    frequencies.count()
    assert [len(keys) for keys in frequencies._keys] == [4, 3, 2, 1]
