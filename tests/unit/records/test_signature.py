"""How a number was computed: written in two forms, read back the same, held against another's."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.records import Signature
from harness.records.signature import SHORT

LONG = "CIDEr|tok:ptb|case:lc|df:corpus|refset:0123456789ab|refs:1|n:9|unscored:0|pp:json:a|v:0.2.0"

TEXTS = st.text(max_size=8) | st.text("%|:AF07\n\x7f", max_size=8)
NAMES = TEXTS.filter(bool) | st.sampled_from([*SHORT, *SHORT.values()])
SIGNATURES = st.builds(
    lambda metric, fields: Signature(metric=metric, fields=tuple(fields.items())),
    NAMES,
    st.dictionaries(NAMES, TEXTS, min_size=1, max_size=6),
)


@given(SIGNATURES)
@example(Signature(metric="a|b", fields=(("t", "1"), ("tok", "2"), ("a:b", "%7C|\n"))))
def test_either_form_is_read_back_as_the_same_signature(signature):
    assert Signature.parse(signature.long()) == signature
    assert Signature.parse(signature.short()) == signature
    assert len(f"{signature.long()}{signature.short()}".split("\n")) == 1


def test_the_forms_are_those_of_sacrebleu():
    signature = Signature.parse(LONG)

    assert str(signature) == signature.long() == LONG
    assert signature.short() == (
        "CIDEr|t:ptb|c:lc|df:corpus|rs:0123456789ab|r:1|n:9|u:0|pp:json:a|v:0.2.0"
    )
    assert (signature.metric, signature.get("pp"), signature.get("beta")) == (
        "CIDEr",
        "json:a",
        None,
    )


def test_short_keys_are_short_and_each_of_one_field():
    assert len(set(SHORT.values())) == len(SHORT)
    assert max(map(len, SHORT.values())) == 2
    assert all(SHORT[name] == name for name in SHORT if name in set(SHORT.values()))


@pytest.mark.parametrize(
    "text", ["", "CIDEr", "|tok:ptb", "CIDEr|tok", "CIDEr|:ptb", "CIDEr|tok:a|tok:b", "B|t:a|tok:a"]
)
def test_what_is_no_signature_is_refused(text):
    with pytest.raises(ValueError, match="signature"):
        Signature.parse(text)


@pytest.mark.parametrize("field", [*dict(Signature.parse(LONG).fields), "new"])
def test_a_field_that_differs_makes_numbers_incomparable_unless_it_describes_the_data(field):
    mine = Signature.parse(LONG)
    fields = {**dict(mine.fields), field: "other"}
    theirs = Signature(metric="CIDEr", fields=tuple(fields.items()))

    found = mine.differences(theirs)

    [difference] = (*found.computed, *found.data)
    assert difference == (field, mine.get(field), "other")
    assert found.comparable == (field in {"n", "unscored", "pp"})


def test_a_field_of_one_alone_and_another_metric_are_differences_and_the_order_is_none():
    mine = Signature.parse("BLEU_1|tok:none|mend:line-1|n:3")
    older = Signature.parse("BLEU_2|n:4|tok:none")

    found = mine.differences(older)

    assert [str(each) for each in found.computed] == [
        "metric (BLEU_1, BLEU_2)",
        "mend (line-1, not told)",
    ]
    assert [str(each) for each in found.data] == ["n (3, 4)"]
    turned = Signature(metric="BLEU_1", fields=mine.fields[::-1])
    assert mine.differences(turned) == mine.differences(mine)
