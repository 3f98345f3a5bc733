"""What a completion's key depends on: all that the model sees, and nothing else."""

import json
import os
import shutil
from dataclasses import replace

import pytest
from PIL import Image

from harness.config.load import load_suite
from harness.pipeline.asking.plan import Choice, make_plan
from harness.store.file_hashes import FileHashes

SYSTEMS = ("plain", "title")
ALL = [(system, f"s{i}") for system in SYSTEMS for i in (1, 2, 3, 4)]
DEMO = "harness/demo/model"


def keys(project, choice=None):
    """Every key of the project's suite, as a run makes them: unchanged files are hashed once."""
    with FileHashes(project / "results" / "file_hashes.sqlite") as hashes:
        suite = load_suite(project / "prompts" / "titles")
        plan = make_plan(suite, choice or Choice(), hash_file=hashes.sha256, probe=hashes.probe)
        made = [planned.request for planned in plan.requests()]
    return {(request.system, request.sample_id): request.key for request in made}


def changed(before, after):
    assert before.keys() == after.keys()
    return sorted(name for name in before if before[name] != after[name])


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def touch_pixel(path):
    with Image.open(path) as image:
        image.putpixel((0, 0), (1, 2, 3))
        image.save(path)


@pytest.fixture
def shown(project):
    """The prompt ``title`` shows two worked examples from another dataset."""
    for name in ("dishes", "dishes.yaml"):
        ours = project / "datasets" / name
        copy = project / "datasets" / name.replace("dishes", "shown")
        (shutil.copytree if ours.is_dir() else shutil.copy)(ours, copy)
    edit(project / "datasets/shown.yaml", "dishes", "shown")
    edit(
        project / "prompts/titles/title.yaml",
        "postprocess:",
        "exemplars: {dataset: shown, ids: [s3, s4]}\npostprocess:",
    )
    return project


def test_an_included_file_counts_as_the_prompts_own_text(project):
    folder = project / "prompts" / "titles"
    (folder / "rules.txt").write_text("Be brief.\n")
    edit(folder / "title.yaml", "user: Give", 'user: \'{% include "rules.txt" %} Give')
    edit(folder / "title.yaml", "title.", "title.'")
    before = keys(project)
    edit(folder / "rules.txt", "brief", "bold")
    assert changed(before, keys(project)) == [name for name in ALL if name[0] == "title"]


def test_a_variable_counts_by_what_is_sent_alone(project):
    folder = project / "prompts" / "titles"
    before = keys(project)
    edit(folder / "title.yaml", "Give a recipe title.", "Give a {{ kind }} title.")
    with (folder / "title.yaml").open("a") as file:
        file.write("vars: {kind: recipe, spare: 1}\n")
    assert changed(before, keys(project)) == []


@pytest.fixture
def checkpoint(project, repository):
    """The suite's model is a folder of files; its path."""
    folder = project / "models" / "toy"
    shutil.copytree(repository / DEMO, folder)
    edit(project / "prompts/titles/suite.yaml", "model: none", "model: ../../models/toy")
    return folder


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Give a recipe", "Give a  recipe"),
        ("recipe title.", "recipe title"),
        ("Give a recipe title.", '"Give a recipe title. {{ image }}"'),
        ("user: Give", "system: You name dishes.\nuser: Give"),
        ("postprocess:", "generation: {max_tokens: 7}\npostprocess:"),
        ("postprocess:", "generation: {stop: [Dish]}\npostprocess:"),
    ],
)
def test_a_change_of_one_prompt_changes_its_keys_alone(project, old, new):
    before = keys(project)
    edit(project / "prompts/titles/title.yaml", old, new)
    assert changed(before, keys(project)) == ALL[4:]


def test_metadata_changes_the_keys_that_show_it_alone(project):
    edit(project / "prompts/titles/title.yaml", "a recipe", "a recipe ({{ metadata.n }})")
    before = keys(project)
    edit(project / "datasets/dishes/samples.jsonl", '"n": 2', '"n": 9')
    assert changed(before, keys(project)) == [("title", "s3")]


@pytest.mark.parametrize("disguised", [False, True])
def test_one_pixel_changes_the_keys_of_its_image_alone(project, disguised):
    before = keys(project)
    path = project / "datasets/dishes/images/s2.png"
    facts = path.stat()
    touch_pixel(path)
    if disguised:  # as by a copy that keeps times, of the same size
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert changed(before, keys(project)) == [("plain", "s2"), ("title", "s2")]


def test_an_image_in_another_samples_place_changes_both(project):
    before = keys(project)
    images = project / "datasets/dishes/images"
    (images / "s1.png").rename(images / "x.png")
    (images / "s2.png").rename(images / "s1.png")
    (images / "x.png").rename(images / "s2.png")
    after = keys(project)
    assert changed(before, after) == [(system, s) for system in SYSTEMS for s in ("s1", "s2")]
    assert after["plain", "s1"] == before["plain", "s2"]


def test_an_exemplar_changes_the_keys_of_the_prompts_that_show_it(shown):
    title = shown / "prompts/titles/title.yaml"
    seen = [keys(shown)]
    for edited in (
        lambda: edit(title, "[s3, s4]", "[s4, s3]"),
        lambda: edit(title, "[s4, s3]", "[s4]"),
        lambda: edit(shown / "datasets/shown/samples.jsonl", "Chowder", "Soup"),
        lambda: touch_pixel(shown / "datasets/shown/images/s4.png"),
        lambda: edit(title, "ids: [s4]", "ids: [s4], images: false"),
        lambda: edit(title, "exemplars: {dataset: shown, ids: [s4], images: false}\n", ""),
    ):
        edited()
        after = keys(shown)
        assert all(changed(before, after) == ALL[4:] for before in seen)
        seen.append(after)
    touch_pixel(shown / "datasets/shown/images/s4.png")
    assert changed(seen[-1], keys(shown)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("model: none", "model: other"),
        ("model: none", "model: none, revision: abc"),
        ("model: none", "model: none, args: {fail: 0.5}"),
        ("model: none", "model: none, image: {max_pixels: 100}"),
        ("model: none", "model: none, image: {min_pixels: 100}"),
        ("model: none", "model: none, generation: {max_tokens: 7}"),
        ("tokenizer: none", "tokenizer: none\ndecoding: {warm: {temperature: 1, seed: 3}}"),
        ("tokenizer: none", "tokenizer: none\ndecoding: {greedy: {top_p: 0.5}}"),
    ],
)
def test_what_every_prompt_of_a_model_shares_changes_every_key(project, old, new):
    before = keys(project)
    edit(project / "prompts/titles/suite.yaml", old, new)
    assert changed(before, keys(project)) == ALL


@pytest.mark.parametrize(
    "args",
    [
        "dtype: bfloat16",
        "quantization: fp8",
        "kv_cache_dtype: fp8",
        "max_model_len: 1024",
        "enable_lora: true",
        "hf_overrides: {rope_theta: 1}",
        "mm_processor_kwargs: {max_pixels: 100}",
        "nobody_has_heard_of: 1",
    ],
)
def test_an_engine_argument_that_is_not_known_to_be_neutral_changes_every_key(project, args):
    suite = project / "prompts/titles/suite.yaml"
    edit(suite, "engine: fake, model: none", "engine: vllm, model: a/b, args: {max_model_len: 512}")
    before = keys(project)
    edit(suite, "max_model_len: 512", args)
    assert changed(before, keys(project)) == ALL


@pytest.mark.parametrize(
    "args",
    [
        "in_flight: 3",
        "max_num_seqs: 3",
        "gpu_memory_utilization: 0.5",
        "tensor_parallel_size: 2",
        "enable_prefix_caching: false",
        "kv_cache_memory_bytes: 1000000",
    ],
)
def test_an_engine_argument_of_speed_or_memory_changes_no_key(project, args):
    suite = project / "prompts/titles/suite.yaml"
    edit(suite, "engine: fake, model: none", "engine: vllm, model: a/b")
    before = keys(project)
    edit(suite, "model: a/b", f"model: a/b, args: {{{args}}}")
    assert changed(before, keys(project)) == []


def test_another_engine_changes_every_key(project):
    before = keys(project)
    assert changed(before, keys(project, Choice(engine="vllm"))) == ALL


@pytest.mark.parametrize(
    "file",
    [
        "config.json",
        "model.safetensors",
        "chat_template.jinja",
        "preprocessor_config.json",
        "tokenizer.json",
        "generation_config.json",
    ],
)
def test_a_byte_of_a_checkpoints_file_changes_every_key(project, checkpoint, file):
    before = keys(project)
    facts = (checkpoint / file).stat()
    content = bytearray((checkpoint / file).read_bytes())
    content[len(content) // 2] ^= 1
    (checkpoint / file).write_bytes(content)
    os.utime(checkpoint / file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert changed(before, keys(project)) == ALL


def test_the_pictures_size_in_the_processor_changes_every_key(project, checkpoint):
    before = keys(project)
    path = checkpoint / "preprocessor_config.json"
    settings = json.loads(path.read_text())
    settings["max_pixels"] *= 2
    path.write_text(json.dumps(settings))
    assert changed(before, keys(project)) == ALL


def test_a_renamed_file_of_a_checkpoint_changes_every_key(project, checkpoint):
    """A model reads its files by their names: two that change places are another model."""
    seen = [keys(project)]
    one, other = checkpoint / "config.json", checkpoint / "generation_config.json"
    for renamed in (
        lambda: one.rename(one.with_suffix(".bak")),
        lambda: other.rename(one),
        lambda: one.with_suffix(".bak").rename(other),
    ):
        renamed()
        after = keys(project)
        assert all(changed(before, after) == ALL for before in seen)
        seen.append(after)
    (checkpoint / "inner").mkdir()
    other.rename(checkpoint / "inner" / other.name)
    after = keys(project)
    assert all(changed(before, after) == ALL for before in seen)


def test_an_adapter_or_any_other_new_file_of_a_checkpoint_changes_every_key(project, checkpoint):
    before = keys(project)
    (checkpoint / "adapter").mkdir()
    (checkpoint / "adapter" / "adapter_model.safetensors").write_bytes(b"weights")
    assert changed(before, keys(project)) == ALL


def test_a_folder_that_an_argument_names_counts_by_its_content(project):
    adapter = project / "adapter"
    adapter.mkdir()
    (adapter / "adapter_model.safetensors").write_bytes(b"weights")
    suite = project / "prompts/titles/suite.yaml"
    edit(
        suite, "engine: fake, model: none", f"engine: vllm, model: none, args: {{lora: {adapter}}}"
    )
    before = keys(project)
    edit(suite, str(adapter), str(adapter.rename(project / "moved")))
    assert changed(before, keys(project)) == []
    (project / "moved" / "adapter_model.safetensors").write_bytes(b"others")
    assert changed(before, keys(project)) == ALL


def test_a_checkpoint_in_another_folder_changes_no_key(project, checkpoint):
    before = keys(project)
    checkpoint.rename(checkpoint.with_name("tøy model"))
    edit(project / "prompts/titles/suite.yaml", "models/toy", "models/tøy model")
    assert changed(before, keys(project)) == []


def test_draws_have_keys_of_their_own_and_the_first_is_the_run_itself(project):
    def drawn(repeats):
        plan = make_plan(load_suite(project / "prompts/titles"), Choice(repeats=repeats))
        return [planned.request.key for planned in plan.requests()]

    once, thrice = drawn(1), drawn(3)
    assert thrice[: len(once)] == once
    assert len(set(thrice)) == 3 * len(once)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("suite.yaml", "model: none", "model: none, args: {delay: 0.5, in_flight: 3}"),
        ("suite.yaml", "model: none", "model: none, timeout: 3"),
        ("suite.yaml", "variants: [plain, title]", "variants: [title, plain]"),
        ("suite.yaml", "variants: [plain, title]", "variants: [plain, title]\nbaseline: title"),
        ("suite.yaml", "name: stand-in", "name: renamed"),
        ("suite.yaml", "tokenizer: none", "tokenizer: ptb\ndecoding: {renamed: {}}"),
        ("suite.yaml", "[bleu, rouge_l, cider]", "[exact_match]"),
        ("title.yaml", "postprocess: [strip]", "postprocess: []\ndescription: new"),
        ("title.yaml", "user: Give a recipe title.", "user: |\n  Give a recipe title.\n\n"),
        ("../../datasets/dishes.yaml", "metadata: [n]", "metadata: []"),
        ("../../datasets/dishes.yaml", "columns:", "description: new\ncolumns:"),
        ("../../datasets/dishes/samples.jsonl", "Chowder", "Soup"),
    ],
)
def test_what_the_model_does_not_see_changes_no_key(project, file, old, new):
    before = keys(project)
    edit(project / "prompts/titles" / file, old, new)
    assert changed(before, keys(project)) == []


def test_a_prompt_under_another_name_has_the_same_keys(project):
    before = keys(project)
    folder = project / "prompts/titles"
    (folder / "title.yaml").rename(folder / "a new name.yaml")
    edit(folder / "suite.yaml", "[plain, title]", "[plain, a new name]")
    after = {
        (system.replace("a new name", "title"), s): k for (system, s), k in keys(project).items()
    }
    assert changed(before, after) == []


def test_rows_in_another_order_and_images_elsewhere_have_the_same_keys(project):
    before = keys(project)
    samples = project / "datasets/dishes/samples.jsonl"
    lines = samples.read_text().splitlines(keepends=True)
    samples.write_text("".join(reversed(lines)))
    (project / "datasets/dishes/images").rename(project / "datasets/dishes/photos")
    edit(project / "datasets/dishes.yaml", "dishes/images", "dishes/photos")
    for path in project.rglob("*"):
        os.utime(path, (0, 0))  # another date
    assert changed(before, keys(project)) == []


def test_the_project_in_another_place_has_the_same_keys(project, monkeypatch):
    before = keys(project)
    moved = project.rename(project.with_name("moved é"))
    assert changed(before, keys(moved)) == []
    monkeypatch.chdir(moved)
    suite = load_suite(moved.relative_to(moved) / "prompts" / "titles")
    made = [planned.request for planned in make_plan(suite, Choice()).requests()]
    assert {(r.system, r.sample_id): r.key for r in made} == before


def test_fewer_samples_prompts_and_models_have_the_same_keys(project):
    before = keys(project)
    for choice in (Choice(limit=2), Choice(only=("title",)), Choice(models=("stand-in",))):
        assert keys(project, choice).items() <= before.items()
    suite = load_suite(project / "prompts/titles")
    second = replace(suite.models[0], name="second", model="other")
    plan = make_plan(replace(suite, models=(second, *suite.models)), Choice())
    assert set(before.values()) < {planned.request.key for planned in plan.requests()}


def test_a_mutation_costs_a_run_its_own_completions_alone(project, harness):
    """The same by the command: what misses is asked, what hits is not."""

    def generated():
        return json.loads(harness("run", "prompts/titles", "--json", cwd=project).stdout)[
            "generated"
        ]

    suite, title = project / "prompts/titles/suite.yaml", project / "prompts/titles/title.yaml"
    assert generated() == 8
    edit(title, "a recipe", "a  recipe")
    assert generated() == 4
    touch_pixel(project / "datasets/dishes/images/s2.png")
    assert generated() == 2
    edit(suite, "model: none", "model: none, generation: {max_tokens: 7}")
    assert generated() == 8
    edit(suite, ", generation: {max_tokens: 7}", "")
    assert generated() == 0
    edit(suite, "variants: [plain, title]", "variants: [title, plain]")
    assert generated() == 0
