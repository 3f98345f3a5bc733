from dataclasses import replace

import pytest
from PIL import Image

from harness.config.load import load_suite
from harness.errors import HarnessError
from harness.pipeline.plan import Choice, make_plan


def keys(project, choice=None):
    plan = make_plan(load_suite(project / "prompts" / "titles"), choice or Choice())
    return {(request.system, request.sample_id): request.key for _, request, _ in plan.requests()}


def changed(before, after):
    return sorted(name for name in before if before[name] != after[name])


ALL = [(system, f"s{i}") for system in ("plain", "title") for i in (1, 2, 3, 4)]


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_requests_are_image_major(project):
    plan = make_plan(load_suite(project / "prompts" / "titles"), Choice(limit=2))
    assert [(request.sample_id, request.system) for _, request, _ in plan.requests()] == [
        ("s1", "plain"),
        ("s1", "title"),
        ("s2", "plain"),
        ("s2", "title"),
    ]


def test_one_more_space_in_a_prompt_changes_its_keys_alone(project):
    before = keys(project)
    edit(project / "prompts/titles/title.yaml", "Give a recipe", "Give a  recipe")
    assert changed(before, keys(project)) == ALL[4:]


def test_one_pixel_changes_the_keys_of_its_image_alone(project):
    before = keys(project)
    path = project / "datasets/dishes/images/s2.png"
    with Image.open(path) as image:
        image.putpixel((0, 0), (1, 2, 3))
        image.save(path)
    assert changed(before, keys(project)) == [("plain", "s2"), ("title", "s2")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("model: none", "model: other"),
        ("model: none", "model: none, revision: abc"),
        ("model: none", "model: none, args: {fail: 0.5}"),
        ("model: none", "model: none, image: {max_pixels: 100}"),
        ("model: none", "model: none, generation: {max_tokens: 7}"),
        ("tokenizer: none", "tokenizer: none\ndecoding: {warm: {temperature: 1, seed: 3}}"),
    ],
)
def test_what_the_model_sees_changes_every_key(project, old, new):
    before = keys(project)
    edit(project / "prompts/titles/suite.yaml", old, new)
    assert changed(before, keys(project)) == ALL


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("suite.yaml", "model: none", "model: none, args: {delay: 0.5, in_flight: 3}"),
        ("suite.yaml", "variants: [plain, title]", "variants: [title, plain]"),
        ("suite.yaml", "name: stand-in", "name: renamed"),
        ("suite.yaml", "tokenizer: none", "tokenizer: ptb\ndecoding: {renamed: {}}"),
        ("title.yaml", "postprocess: [strip]", "postprocess: []\ndescription: new"),
        ("../../datasets/dishes.yaml", "metadata: [n]", "metadata: []"),
    ],
)
def test_what_the_model_does_not_see_changes_no_key(project, file, old, new):
    before = keys(project)
    edit(project / "prompts/titles" / file, old, new)
    assert changed(before, keys(project)) == []


def test_moving_the_project_changes_no_key(project):
    before = keys(project)
    assert changed(before, keys(project.rename(project.with_name("moved é")))) == []


def test_another_engine_is_another_key(project):
    before = keys(project)
    plan = make_plan(load_suite(project / "prompts/titles"), Choice(engine="vllm"))
    after = {(request.system, request.sample_id): request.key for _, request, _ in plan.requests()}
    assert changed(before, after) == ALL


def test_systems_are_named_by_what_varies(project):
    suite = load_suite(project / "prompts/titles")
    two = replace(suite, models=(suite.models[0], replace(suite.models[0], name="second")))
    names = [system.name for system in make_plan(two, Choice(only=("title",))).systems]
    assert names == ["stand-in/title", "second/title"]


@pytest.mark.parametrize("choice", [Choice(only=("tilte",)), Choice(models=("stand_in",))])
def test_a_choice_that_is_not_there_gets_the_nearest(project, choice):
    with pytest.raises(HarnessError, match=r"did you mean '(title|stand-in)'\?"):
        make_plan(load_suite(project / "prompts/titles"), choice)
