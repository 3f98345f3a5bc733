"""Statistics of systems on the same samples → what may be said of each two of them.

``groups`` makes the tests, ``families`` tests them together and writes the records, ``words`` says
what follows. Two systems are compared on the samples that both have, in independent units.
``design`` turns the places of systems in a matrix into weighted sums of them, ``effect_tests``
tests those, ``effect_words`` says what follows.
"""

from harness.contrast.design import Design, Placed, Planned, ordered_levels, planned
from harness.contrast.effect_tests import effects
from harness.contrast.effect_words import (
    averaged_text,
    effect_sentence,
    effect_sentences,
    levels_text,
)
from harness.contrast.families import (
    USUAL,
    ComparedMetric,
    Declared,
    conclude,
    contrast,
    record,
)
from harness.contrast.groups import FEWEST_DIFFERENT, SEEN, MeasuredMetric, grouped
from harness.contrast.headline import (
    Headline,
    chance_text,
    signed_to,
    span_to,
)
from harness.contrast.words import (
    ROUGH,
    WITH,
    foremost,
    ordered,
    p_text,
    p_value_text,
    picture_sentences,
    rounded_up,
    sentence,
    sentences,
    signed,
    units_text,
)

__all__ = [
    "FEWEST_DIFFERENT",
    "ROUGH",
    "SEEN",
    "USUAL",
    "WITH",
    "ComparedMetric",
    "Declared",
    "Design",
    "Headline",
    "MeasuredMetric",
    "Placed",
    "Planned",
    "averaged_text",
    "chance_text",
    "conclude",
    "contrast",
    "digits_for",
    "effect_sentence",
    "effect_sentences",
    "effects",
    "foremost",
    "grouped",
    "levels_text",
    "ordered",
    "ordered_levels",
    "p_text",
    "p_value_text",
    "picture_sentences",
    "planned",
    "record",
    "rounded_up",
    "sentence",
    "sentences",
    "signed",
    "signed_to",
    "span_to",
    "units_text",
]
