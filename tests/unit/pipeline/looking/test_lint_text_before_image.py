"""`text_before_image`: texts that keep a prompt from sharing the image's work, and others."""

import json
import shutil

import pytest

from harness.pipeline.looking.check import check

SERVER = "{name: server, engine: openai, model: m, args: {base_url: 'http://localhost:1/v1'}}"
BEFORE = "Give a title. {{ image }}"


@pytest.fixture
def folder(project):
    use(project, SERVER)
    return project / "prompts" / "titles"


def use(project, model):
    path = project / "prompts/titles/suite.yaml"
    path.write_text(path.read_text().replace("{name: stand-in, engine: fake, model: none}", model))


def lints(folder):
    checked = check(folder)
    assert checked.problems == ()
    return [str(lint).replace(f"{folder}/", "") for lint in checked.lints]


def test_a_text_before_the_image_is_named_with_what_it_keeps_apart(folder):
    (folder / "title.yaml").write_text(f"description: x\nuser: |\n  {BEFORE}\n")
    assert lints(folder) == [
        "title.yaml:3: 'Give a title.' stands before the image, so that a model reads the image "
        "anew for this prompt, and shares nothing with 'plain' [text_before_image]"
    ]


def test_variants_that_begin_with_texts_of_their_own_are_each_named(folder):
    (folder / "title.yaml").write_text(f"user: '{BEFORE}'\n")
    (folder / "plain.yaml").write_text("user: 'Name it: {{ image }}'\n")
    assert [lint.split(":")[0] for lint in lints(folder)] == ["plain.yaml", "title.yaml"]


def test_one_template_is_named_once_for_all_that_extend_it_or_come_of_its_matrix(folder):
    (folder / "title.yaml").write_text(f"user: '{BEFORE}'\n")
    (folder / "more.yaml").write_text("extends: title\ngeneration: {max_tokens: 9}\n")
    [lint] = check(folder).lints
    assert (lint.where.path.name, lint.variants) == ("title.yaml", ("title", "more"))
    (folder / "more.yaml").unlink()
    (folder / "title.yaml").write_text(
        "matrix: {tone: [plain, catchy]}\nuser: 'Be {{ tone }}. {{ image }}'\n"
    )
    [lint] = check(folder).lints
    assert lint.variants == ("title[tone=plain]", "title[tone=catchy]")


SENSIBLE = {
    "the image first": "user: '{{ image }} Give a title.'\n",
    "no place for the image": "user: Give a title.\n",
    "another system message": f"system: You name dishes.\nuser: '{BEFORE}'\n",
    "exemplars of its own": (
        f"user: '{BEFORE}'\nexemplars: {{dataset: train, ids: [s1], images: false}}\n"
    ),
}


@pytest.mark.parametrize("name", SENSIBLE)
def test_what_would_share_nothing_anyway_or_has_to_stand_there_is_not_named(folder, train, name):
    train()
    (folder / "title.yaml").write_text(SENSIBLE[name])
    assert lints(folder) == []


def test_texts_that_say_what_each_of_several_images_is_stay(folder):
    (folder / "title.yaml").write_text("user: 'First {{ image }}, again {{ image }}.'\n")
    (folder / "plain.yaml").write_text("user: '{{ image }} {{ image }} Name both.'\n")
    assert lints(folder) == []


def test_a_text_that_all_variants_begin_with_keeps_nothing_apart(folder):
    (folder / "title.yaml").write_text("user: 'Look at this. {{ image }} Give a title.'\n")
    (folder / "plain.yaml").write_text("user: 'Look at this. {{ image }} Name it.'\n")
    assert lints(folder) == []


def test_an_engine_that_keeps_nothing_has_nothing_to_share(project):
    folder = project / "prompts" / "titles"
    (folder / "title.yaml").write_text(f"user: '{BEFORE}'\n")
    assert lints(folder) == []


@pytest.mark.parametrize(("pixels", "tokens"), [(12544, None), (200704, 19 * 14)])
def test_what_it_costs_is_said_where_it_is_known_and_worth_it(
    project, repository, tmp_path, pixels, tokens
):
    """Of an image with fewer tokens than a block of vLLM's cache nothing would be shared."""
    weights = shutil.ignore_patterns("*.safetensors")
    model = shutil.copytree(repository / "harness/demo/model", tmp_path / "model", ignore=weights)
    path = model / "preprocessor_config.json"
    settings = {**json.loads(path.read_text()), "min_pixels": pixels, "max_pixels": pixels}
    path.write_text(json.dumps(settings))
    use(project, f"{{name: demo, engine: vllm, model: {model}}}")
    folder = project / "prompts" / "titles"
    (folder / "title.yaml").write_text(f"user: '{BEFORE}'\n")
    said = lints(folder)
    assert len(said) == bool(tokens)
    assert all(f"anew for this prompt, {tokens} tokens for each sample, and" in s for s in said)
