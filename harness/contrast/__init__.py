"""Statistics of systems on the same samples → what may be said of each two of them.

``groups`` makes the tests, ``families`` tests them together and writes the records, ``words`` says
what follows. Two systems are compared on the samples that both have, in independent units.
"""

from harness.contrast.design import Design, Placed, Planned, ordered_levels, planned
from harness.contrast.effects import effects
from harness.contrast.families import (
    USUAL,
    ComparedMetric,
    Declared,
    conclude,
    contrast,
    record,
)
from harness.contrast.groups import FEWEST_DIFFERENT, SEEN, MeasuredMetric, grouped
from harness.contrast.words import ordered, p_text, sentence, sentences, units_text

__all__ = [
    "FEWEST_DIFFERENT",
    "SEEN",
    "USUAL",
    "ComparedMetric",
    "Declared",
    "Design",
    "MeasuredMetric",
    "Placed",
    "Planned",
    "conclude",
    "contrast",
    "effects",
    "grouped",
    "ordered",
    "ordered_levels",
    "p_text",
    "planned",
    "record",
    "sentence",
    "sentences",
    "units_text",
]
