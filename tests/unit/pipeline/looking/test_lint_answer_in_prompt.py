"""`answer_in_prompt`: prompts that show a sample's own answer, each told once and in one way."""

import json

import pytest

from harness.pipeline.looking.check import check


@pytest.fixture
def folder(project):
    """A project whose metadata tell a dish's story; of two dishes with their title in it."""
    rows = project / "datasets/dishes/samples.jsonl"
    lines = [json.loads(line) for line in rows.read_text().splitlines()]
    for i, row in enumerate(lines):
        row["story"] = f"I ate {row['title'].upper()}, twice." if i > 1 else "Nothing to tell."
        row["kind"] = "soup"
    rows.write_text("\n".join(map(json.dumps, lines)))
    path = project / "datasets/dishes.yaml"
    path.write_text(path.read_text().replace("[n]", "[n, story, kind]"))
    return project / "prompts" / "titles"


def found(folder):
    checked = check(folder)
    assert checked.problems == ()
    assert not [note for note in checked.notices if "shows the model a reference" in note]
    return [str(lint).replace(f"{folder}/", "") for lint in checked.lints]


def test_metadata_that_hold_the_answer_are_named_with_the_line_that_shows_them(folder):
    """The first sample, which alone is rendered otherwise, shows nothing."""
    (folder / "title.yaml").write_text("user: |\n  A title.\n  It says: {{ metadata.story }}\n")
    assert found(folder) == [
        "title.yaml:3: 'title' shows the model a reference of 2 of 4 samples, which stands in "
        "their 'story' (s3, s4) [answer_in_prompt]"
    ]


def test_ids_that_hold_the_answer_are_named(folder):
    rows = folder.parents[1] / "datasets/dishes/samples.jsonl"
    rows.write_text(rows.read_text().replace('"id": "s4"', '"id": "creamy-corn-chowder.jpg"'))
    (folder / "title.yaml").write_text("user: What is in {{ id }}?\n")
    [lint] = found(folder)
    assert "title.yaml:1: 'title' shows the model a reference of 1 of 4 samples" in lint
    assert "stands in their 'id' (creamy-corn-chowder.jpg)" in lint


def test_variants_that_show_it_by_one_template_are_told_at_once(folder):
    (folder / "title.yaml").write_text(
        "matrix: {tone: [plain, catchy]}\nuser: 'A {{ tone }} title. {{ metadata.story }}'\n"
    )
    [lint] = check(folder).lints
    assert lint.variants == ("title[tone=plain]", "title[tone=catchy]")


@pytest.mark.parametrize(
    "text",
    [
        "user: A title.\n",
        "user: A title of a {{ metadata.kind }}.\n",
        "user: 'A title. {{ metadata.story | truncate_words(2) }}'\n",
        "user: 'A title. {{ metadata.story | length }}'\n",
    ],
)
def test_metadata_that_do_not_show_the_answer_are_not(folder, text):
    (folder / "title.yaml").write_text(text)
    assert found(folder) == []


def test_words_that_stand_in_the_prompts_own_text_too_are_no_showing(folder):
    rows = folder.parents[1] / "datasets/dishes/samples.jsonl"
    rows.write_text(rows.read_text().replace("Creamy Corn", "Corn").replace("CREAMY CORN", "CORN"))
    (folder / "title.yaml").write_text("user: A title such as Corn Chowder.\n")
    assert found(folder) == []


def test_what_is_refused_as_a_leak_is_no_lint_too(folder):
    (folder / "title.yaml").write_text("user: A title such as Creamy Corn Chowder.\n")
    checked = check(folder)
    assert "gives away the answer of 1 sample" in str(checked.problems[0])
    assert checked.lints == ()
