"""References are mended as asked, no further, and each step says how many it changed."""

import html
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config.load import load_dataset
from harness.dataset.mending import STEPS, Mending
from harness.dataset.samples import load_samples
from harness.records import Mended

TEXTS = st.text(st.characters(codec="utf-16") | st.sampled_from("&#;x1 \n\u0301e"), max_size=30)


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("white_space", "  Soup\u00a0 of\r\n the\tday ", "Soup of the day"),
        ("unicode", "Cre\u0300me bru\u0302le\u0301e", "Crème brûlée"),
        ("html_entities", "Mac &amp; Cheese &#8211; caf&eacute;", "Mac & Cheese – café"),
        ("html_entities", "&amp;amp;", "&amp;"),
        ("html_entities", "salt&copper &copy20 &notit; AT&T", "salt&copper &copy20 &notit; AT&T"),
        ("html_entities", f"&#{'9' * 5000};", f"&#{'9' * 5000};"),
    ],
)  # fmt: skip
def test_a_step_does_what_its_name_says(step, before, after):
    assert STEPS[step](before) == after


@given(TEXTS)
def test_mended_twice_is_mended_once_but_for_entities(text):
    for step in ("white_space", "unicode"):
        assert STEPS[step](STEPS[step](text)) == STEPS[step](text)


@given(TEXTS)
def test_no_text_ends_a_run(text):
    texts, _ = Mending(STEPS).mended([text])
    assert all(t.strip() == t and unicodedata.is_normalized("NFC", t) for t in texts)


@given(TEXTS)
def test_what_was_escaped_is_as_before(text):
    assert STEPS["html_entities"](html.escape(text)) == text


ROWS = "a,red,Mac  &amp; Cheese,x\nb,blue,Soup,x\nc,red,&nbsp;,x\n"


def test_each_step_says_how_many_references_it_changed_and_of_whom_first(make):
    config = make(ROWS)
    assert load_samples(config).mended == ()
    assert load_samples(config).samples[0].references == ("Mac  &amp; Cheese",)
    _mend(config.where.path, "[white_space, unicode, html_entities]")
    loaded = load_samples(load_dataset(config.where.path))
    assert [sample.references for sample in loaded.samples] == [("Mac & Cheese",), ("Soup",)]
    assert loaded.mended == (
        Mended(
            step="html_entities",
            references=1,
            first="a",
            before="Mac  &amp; Cheese",
            after="Mac  & Cheese",
        ),
        Mended(step="unicode", references=0),
        Mended(
            step="white_space",
            references=1,
            first="a",
            before="Mac  & Cheese",
            after="Mac & Cheese",
        ),
    )


def test_a_reference_of_which_nothing_is_left_is_none(make):
    config = make(ROWS)
    _mend(config.where.path, "[html_entities]")
    dropped = load_samples(load_dataset(config.where.path)).dropped
    assert [(row.id, row.reason) for row in dropped] == [("c", "missing_reference")]


def test_what_becomes_no_sample_is_not_counted(make):
    config = make("a,none,Mac &amp; Cheese,x\nb,blue,Soup,x\n")
    _mend(config.where.path, "[html_entities]")
    assert load_samples(load_dataset(config.where.path)).mended[0].references == 0


def _mend(path, steps):
    path.write_text(f"{path.read_text()}mend: {steps}\n")
