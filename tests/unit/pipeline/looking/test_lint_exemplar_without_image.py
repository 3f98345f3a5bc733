"""`exemplar_without_image`: exemplars that speak of an image they do not show, and others."""

import pytest

from harness.pipeline.looking.check import check

TURNS = "exemplars: {dataset: train, choose: first, count: 2, images: false}\n"
TEXT = "exemplars: {dataset: train, choose: first, count: 2, as: text}\n"
LOOP = "{% for e in exemplars %}"


@pytest.fixture
def folder(project, train):
    """A project with titles to show, in whose data words for images stand."""
    train(data_of=["as in the image", *["as in the picture"] * 3])
    return project / "prompts" / "titles"


def found(folder, text):
    (folder / "title.yaml").write_text(text)
    checked = check(folder)
    assert checked.problems == ()
    return [str(lint).replace(f"{folder}/", "") for lint in checked.lints]


SPEAKING = {
    "turns that speak of it": (
        f"{TURNS}user: Give a recipe title describing the food in the image.\n",
        "the image",
    ),
    "with a word between": (
        f"{TURNS}user: 'Name what the attached PHOTO shows.'\n",
        "the attached",
    ),
    "turns with an empty label": (
        f"{TURNS}user: |\n  Photo: {{{{ image }}}}\n  Title?\n",
        "Photo:",
    ),
    "each sample's own": (
        "exemplars: {dataset: train, choose: similar, by: image, count: 2, images: false}\n"
        "user: What is in this picture?\n",
        "this picture",
    ),
    "text with an empty label": (
        f"{TEXT}user: |\n  {LOOP}\n  Image:\n  Title: {{{{ e.reference }}}}\n  {{% endfor %}}\n"
        "  Image: {{ image }}\n  Title:\n",
        "Image:",
    ),
    "text with a word in brackets": (
        f"{TEXT}user: |\n  {LOOP}\n  [image] {{{{ e.reference }}}}\n  {{% endfor %}}\n  Yours:\n",
        "[image]",
    ),
}


@pytest.mark.parametrize("name", SPEAKING)
def test_exemplars_that_speak_of_an_image_and_show_none_are_named(folder, name):
    text, said = SPEAKING[name]
    [lint] = found(folder, text)
    assert lint.startswith(f"title.yaml:1: the exemplars of 'title' say '{said}")
    assert lint.endswith("' and show no image [exemplar_without_image]")


SENSIBLE = {
    "their images are shown": (
        "exemplars: {dataset: train, choose: first, count: 2}\nuser: What is in the image?\n"
    ),
    "turns that ask otherwise": (
        f"{TURNS}user: |\n  {{% if image %}}\n  What is in the image?\n  {{% else %}}\n"
        "  A dish of {{ metadata.n }}.\n  {% endif %}\n"
    ),
    "turns that do not speak of it": f"{TURNS}user: Give a recipe title.\n",
    "another meaning of the word": (
        f"{TURNS}user: Picture yourself as a cook, and paint a picture with words.\n"
    ),
    "a word of the data": f"{TURNS}user: Served {{{{ metadata.n }}}}.\n",
    "a word of the data of one": f"{TURNS}user: '{{{{ image }}}} Served {{{{ metadata.n }}}}.'\n",
    "the system message speaks of it": f"{TURNS}system: Look at the image.\nuser: Name the dish.\n",
    "text, and a question that speaks of it": (
        f"{TEXT}user: |\n  {LOOP}\n  Title: {{{{ e.reference }}}}\n  {{% endfor %}}\n"
        "  Give one for the dish in the image.\n"
    ),
    "text with a label for the one image": (
        f"{TEXT.replace('count: 2', 'count: 1')}user: |\n  {LOOP}\n  Title: {{{{ e.reference }}}}\n"
        "  {% endfor %}\n  Image: {{ image }}\n"
    ),
    "text with an empty label for the one image": (
        f"{TEXT}user: |\n  {LOOP}\n  Title: {{{{ e.reference }}}}\n  {{% endfor %}}\n  Image:\n"
    ),
    "text that says what the image shows": (
        f"{TEXT}user: |\n  {LOOP}\n  Image: dish {{{{ e.id }}}}\n  Title: {{{{ e.reference }}}}\n"
        "  {% endfor %}\n  Image: {{ image }}\n"
    ),
    "no exemplars": (
        f"vars: {{few: 0}}\n{TURNS.replace('count: 2', 'count: few')}user: In the image?\n"
    ),
}


@pytest.mark.parametrize("name", SENSIBLE)
def test_a_sensible_prompt_is_not_named(folder, name):
    assert found(folder, SENSIBLE[name]) == []


def test_of_a_matrix_those_that_show_exemplars_are_named_at_once(folder):
    axes = "matrix: {shown: [0, 1, 2]}\n"
    [lint] = found(
        folder, f"{axes}{TURNS.replace('count: 2', 'count: shown')}user: In the photo?\n"
    )
    assert lint.startswith("title.yaml:2: the exemplars of 'title[shown=1]' say 'the photo'")
    assert check(folder).lints[0].variants == ("title[shown=1]", "title[shown=2]")
