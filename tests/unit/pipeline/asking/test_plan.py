"""What a run asks, and in which order; what a key depends on: tests/reliability."""

from dataclasses import replace

import pytest

from harness.config.load import load_suite
from harness.errors import HarnessError
from harness.pipeline.asking.plan import Choice, make_plan


def test_requests_are_image_major(project):
    plan = make_plan(load_suite(project / "prompts" / "titles"), Choice(limit=2))
    assert [(p.request.sample_id, p.request.system) for p in plan.requests()] == [
        ("s1", "plain"),
        ("s1", "title"),
        ("s2", "plain"),
        ("s2", "title"),
    ]


def test_systems_are_named_by_what_varies(project):
    suite = load_suite(project / "prompts/titles")
    two = replace(suite, models=(suite.models[0], replace(suite.models[0], name="second")))
    names = [system.name for system in make_plan(two, Choice(only=("title",))).systems]
    assert names == ["stand-in/title", "second/title"]


@pytest.mark.parametrize("choice", [Choice(only=("tilte",)), Choice(models=("stand_in",))])
def test_a_choice_that_is_not_there_gets_the_nearest(project, choice):
    with pytest.raises(HarnessError, match=r"did you mean '(title|stand-in)'\?"):
        make_plan(load_suite(project / "prompts/titles"), choice)
