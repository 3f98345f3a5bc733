"""`same_prompt`: variants and levels that send the same, and those that only seem to."""

import pytest

from harness.pipeline.looking.check import check

PLAIN = "user: Name the dish.\npostprocess: [strip]\n"


@pytest.fixture
def folder(project):
    return project / "prompts" / "titles"


def lints(folder):
    checked = check(folder)
    assert checked.problems == ()
    return [str(lint).replace(f"{folder}/", "") for lint in checked.lints]


def notes(folder):
    return [note for note in check(folder).notices if "send the same prompt" in note]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (PLAIN, 1),
        ("description: x\nuser: |\n  Name {{ 'the' }} dish.\npostprocess: [strip]\n", 3),
        ("extends: plain\n", 1),
        ("extends: plain\ngeneration: {temperature: 0.0}\n", 1),
    ],
)
def test_a_variant_that_sends_what_another_sends_is_superfluous(folder, text, line):
    (folder / "title.yaml").write_text(text)
    assert lints(folder) == [
        f"title.yaml:{line}: 'title' sends what 'plain' sends, and does the same with the answers "
        "[same_prompt]"
    ]
    assert notes(folder) == []


@pytest.mark.parametrize(
    "text",
    [
        "user: Name the dish!\npostprocess: [strip]\n",
        f"{PLAIN}generation: {{max_tokens: 9}}\n",
        f"{PLAIN}structured_outputs: {{choice: [a b, c d]}}\n",
        f"{PLAIN}system: Hello.\n",
        # The same for the first sample, and another for the last one.
        "user: Name the {{ 'food' if metadata.n > 2 else 'dish' }}.\npostprocess: [strip]\n",
    ],
)
def test_what_differs_for_any_sample_or_in_sampling_is_another_prompt(folder, text):
    (folder / "title.yaml").write_text(text)
    assert lints(folder) == []


def test_another_post_processing_of_the_same_prompt_is_a_note(folder):
    (folder / "title.yaml").write_text("extends: plain\npostprocess: [first_line]\n")
    assert lints(folder) == []
    [note] = notes(folder)
    assert "'plain' and 'title' send the same prompt and differ in post-processing alone" in note
    (folder / "more.yaml").write_text("extends: title\n")
    assert lints(folder) == [
        "more.yaml:1: 'more' sends what 'title' sends, and does the same with the answers "
        "[same_prompt]"
    ]


def matrix(folder, template, axes="tone: [plain, catchy], length: [short, long]"):
    (folder / "title.yaml").write_text(f"matrix: {{{axes}}}\nuser: |\n  {template}\n")


def test_levels_that_make_no_difference_anywhere_are_named(folder):
    matrix(folder, "{% if tone == 'cathcy' %}Sell it.{% endif %} Name it, {{ length }}.")
    assert lints(folder) == [
        "title.yaml:1: the levels 'plain' and 'catchy' of 'tone' send the same [same_prompt]"
    ]


@pytest.mark.parametrize(
    "template",
    [
        "{% if tone == 'catchy' %}Sell it.{% endif %} Name it, {{ length }}.",
        # One axis means nothing beside one level of the other.
        "{% if tone == 'catchy' %}Sell it, {{ length }}.{% endif %} Name it.",
    ],
)
def test_levels_that_make_a_difference_somewhere_are_not(folder, template):
    matrix(folder, template)
    assert lints(folder) == []


def test_the_order_of_no_exemplars_is_no_fault_of_a_balanced_matrix(folder, train):
    train()
    (folder / "title.yaml").write_text(
        "matrix: {examples: [0, 2], order: [listed, reversed]}\n"
        "exemplars: {dataset: train, ids: [s1, s2], count: examples, order: order, images: false}\n"
        "user: Name it.\n"
    )
    assert lints(folder) == []


def test_an_unused_axis_is_said_once(folder):
    matrix(folder, "Name it, {{ length }}.")
    [lint] = check(folder).lints
    assert lint.name == "unused_variable"


def test_controls_are_no_rivals(folder):
    suite = folder / "suite.yaml"
    suite.write_text(f"{suite.read_text()}controls: [grey]\n")
    assert lints(folder) == []
