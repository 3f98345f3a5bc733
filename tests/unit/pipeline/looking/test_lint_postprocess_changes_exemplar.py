"""`postprocess_changes_exemplar`: steps that change the prompt's own examples, and others."""

import pytest

from harness.pipeline.looking.check import check

SHOWN = "exemplars: {dataset: train, choose: first, count: 4, images: false}\n"
ANSWERS = ("Fish & Chips.", "“Beef Stew”", "Corn  Pie", "## Rice Bowl")


@pytest.fixture
def folder(project, train):
    train(ANSWERS)
    return project / "prompts" / "titles"


def found(folder, text):
    (folder / "title.yaml").write_text(f"user: Name it!\n{text}")
    checked = check(folder)
    assert checked.problems == ()
    return [str(lint).replace(f"{folder}/", "") for lint in checked.lints]


def said(line, step, before, after, sample):
    return (
        f"title.yaml:{line}: the step {step} changes what exemplars answer: '{before}' "
        f"becomes '{after}' (exemplar '{sample}) [postprocess_changes_exemplar]"
    )


def test_each_step_that_changes_an_example_is_named_with_what_it_does(folder):
    steps = "postprocess: [strip, strip_markdown, strip_quotes, strip_final_period]\n"
    assert found(folder, f"{SHOWN}{steps}") == [
        said(3, "strip_final_period", "Fish & Chips.", "Fish & Chips", "s1'"),
        said(3, "strip_quotes", "“Beef Stew”", "Beef Stew", "s2'"),
        said(3, "strip_markdown", "## Rice Bowl", "Rice Bowl", "s4'"),
    ]


def test_a_step_changes_what_the_steps_before_it_have_left(folder):
    steps = "postprocess: [strip_final_period, truncate_words: 2, lowercase]\n"
    words = found(folder, f"{SHOWN}{steps}")
    assert said(3, "truncate_words:2", "Fish & Chips", "Fish &", "s1' and 1 more") in words
    assert said(3, "lowercase", "Fish &", "fish &", "s1' and 3 more") in words


def test_every_pipeline_and_exemplars_as_text_are_looked_at(folder):
    text = SHOWN.replace("images: false", "as: text")
    pipelines = "postprocess:\n  plain: [strip]\n  bare: [strip_quotes]\n"
    [lint] = found(folder, f"{text}{pipelines}system: '{{{{ exemplars | length }}}} titles.'\n")
    assert lint == said(5, "strip_quotes", "“Beef Stew”", "Beef Stew", "s2'")


def test_where_the_steps_stand_in_another_file_it_is_named_there_once(folder):
    (folder / "plain.yaml").write_text("user: Name it.\npostprocess: [strip_quotes]\n")
    (folder / "more.yaml").write_text(f"extends: plain\nuser: Once more.\n{SHOWN}")
    [lint] = found(folder, f"extends: plain\n{SHOWN}")
    assert lint.startswith("plain.yaml:2: the step strip_quotes")
    assert set(check(folder).lints[0].variants) == {"title", "more"}


@pytest.mark.parametrize(
    "text",
    [
        f"{SHOWN}postprocess: [strip, collapse_spaces, first_line]\n",
        f"{SHOWN}postprocess: [strip_reasoning, strip_preamble, first_line, json:title]\n",
        f"{SHOWN}postprocess: ['regex:Title. (?P<answer>.+)', truncate_words: 3]\n",
        "postprocess: [strip_markdown, strip_quotes, strip_final_period]\n",
    ],
)
def test_steps_that_leave_the_examples_as_they_are_are_not(folder, text):
    assert found(folder, text) == []
