"""Statistics of systems on the same samples → what may be said of each two of them.

``groups`` makes the tests, ``families`` tests them together and writes the records, ``words`` says
what follows. Two systems are compared on the samples that both have, in independent units.
"""

from harness.contrast.families import (
    USUAL,
    ComparedMetric,
    Declared,
    conclude,
    contrast,
    record,
)
from harness.contrast.groups import FEWEST_DIFFERENT, SEEN, MeasuredMetric, grouped
from harness.contrast.words import (
    WITH,
    ordered,
    p_text,
    picture_sentence,
    pictures_in_short,
    sentence,
    sentences,
    units_text,
)

__all__ = [
    "FEWEST_DIFFERENT",
    "SEEN",
    "USUAL",
    "WITH",
    "ComparedMetric",
    "Declared",
    "MeasuredMetric",
    "conclude",
    "contrast",
    "grouped",
    "ordered",
    "p_text",
    "picture_sentence",
    "pictures_in_short",
    "record",
    "sentence",
    "sentences",
    "units_text",
]
