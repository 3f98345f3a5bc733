"""The prompts that ship say what they are said to say."""

import pytest

from harness.config.load import load_suite, load_variant
from harness.demo.instructions import UNDER_TEST
from harness.pipeline.asking.plan import Choice, make_plan
from harness.pipeline.looking.check import check


@pytest.mark.parametrize("name", ["baseline", "title-style", "descriptive-with-examples"])
def test_the_texts_under_test_are_sent_exactly(repository, name):
    suite = load_suite(repository / "prompts" / "recipe-titles")
    plan = make_plan(suite, Choice(only=(name,), limit=1))
    [planned] = plan.requests()
    [message] = planned.request.rendered.messages
    _, text = message.parts
    assert text.text == UNDER_TEST[name][1]


def test_the_studys_own_setup_sends_the_same_texts(repository):
    suite = load_suite(repository / "prompts" / "recipe-titles-qwen2.5-vl")
    assert suite.models[0].model == "Qwen/Qwen2.5-VL-7B-Instruct"
    ours = repository / "prompts" / "recipe-titles"
    assert [v.user for v in suite.variants] == [
        load_variant(ours, v.name).user for v in suite.variants
    ]


def test_every_file_that_ships_is_valid(repository):
    checked = check(repository)
    assert checked.counts["suite"] >= 2
    assert checked.counts["variant"] >= 6
    assert checked.counts["dataset"] >= 3
    assert [str(found) for found in (*checked.problems, *checked.lints)] == []


def test_no_prompt_that_ships_gives_an_answer_away(repository):
    """The demo's exemplars come from other pictures, and no template shows a title."""
    assert not [n for n in check(repository / "prompts/recipe-titles").notices if "reference" in n]
