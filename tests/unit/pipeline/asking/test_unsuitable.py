"""An image that a model's processor refuses is left out for all, before a model is asked."""

import json

import pytest
from PIL import Image

from harness.config.load import load_suite
from harness.errors import HarnessError
from harness.media import probe
from harness.pipeline.asking.plan import Choice, make_plan
from harness.pipeline.asking.unsuitable import unsuitable_for
from harness.records import ModelConfig

WHY = "one side is 400 times the other, more than 200"


@pytest.fixture
def narrow(project, repository, write):
    """A project whose second picture, and a fifth that is turned, are too narrow for one model."""
    folder = project / "datasets/dishes"
    Image.new("RGB", (1, 400), "red").save(folder / "images/s2.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (4000, 10), "red").save(folder / "images/s5.jpg", exif=turned)
    with (folder / "samples.jsonl").open("a") as rows:
        rows.write(json.dumps({"id": "s5", "image": "s5.jpg", "title": "Rice", "n": 9}) + "\n")
    write(
        project / "prompts/titles/suite.yaml",
        f"""
        dataset: dishes
        variants: [plain, title]
        models:
          - {{name: stand-in, engine: fake, model: none}}
          - {{name: demo, engine: transformers, model: {repository}/harness/demo/model}}
        controls: [shuffled, grey]
        metrics: [bleu]
        tokenizer: none
        """,
    )
    return project


def suite_of(project):
    return load_suite(project / "prompts/titles")


def test_every_model_variant_and_control_is_asked_about_the_same_samples(narrow):
    plan = make_plan(suite_of(narrow), Choice())
    assert [sample.id for sample in plan.samples] == ["s1", "s3", "s4"]
    asked = {}
    shown = set()
    for planned in plan.requests():
        asked.setdefault(planned.system.name, []).append(planned.request.sample_id)
        shown |= {(ref.width, ref.height) for ref in planned.request.rendered.media}
    assert len(asked) == 12
    assert set(map(tuple, asked.values())) == {("s1", "s3", "s4")}
    assert shown == {(64, 48)}
    dropped = plan.dataset.dropped
    assert [(row.id, row.reason) for row in dropped] == [
        ("s2", "unsuitable_image"),
        ("s5", "unsuitable_image"),
    ]
    assert dropped[0].detail == (
        f"image of 1×400 pixels is none for the model 'demo' ({WHY}): "
        f"{narrow}/datasets/dishes/images/s2.png"
    )


def test_nothing_is_left_out_for_a_model_that_is_not_chosen(narrow):
    plan = make_plan(suite_of(narrow), Choice(models=("stand-in",)))
    assert [sample.id for sample in plan.samples] == ["s1", "s2", "s3", "s4", "s5"]
    plan = make_plan(suite_of(narrow), Choice(engine="fake"))
    assert len(plan.samples) == 5


def test_a_limit_counts_samples_that_can_be_shown(narrow):
    plan = make_plan(suite_of(narrow), Choice(limit=2))
    assert [sample.id for sample in plan.samples] == ["s1", "s3"]


def test_a_dataset_may_end_the_run_instead(narrow):
    path = narrow / "datasets/dishes.yaml"
    path.write_text(path.read_text() + "clean: [unreadable_image]\n")
    with pytest.raises(HarnessError, match=r"samples\.jsonl:2: sample 's2': image of 1×400") as no:
        make_plan(suite_of(narrow), Choice())
    assert no.value.hint.startswith("add 'unsuitable_image' to 'clean:' in dishes.yaml")


@pytest.mark.parametrize(
    ("exemplars", "shown"),
    [
        ("{dataset: pool, choose: first, count: 2}", ["e1", "e3"]),
        ("{dataset: pool, choose: random, count: 3}", ["e1", "e3", "e4"]),
        ("{dataset: pool, choose: similar, by: image, count: 3}", ["e1", "e3", "e4"]),
        ("{dataset: pool, choose: first, count: 2, images: false}", ["e1", "e2"]),
    ],
)
def test_no_exemplar_is_shown_whose_image_a_model_refuses(exemplars, shown, narrow, write):
    folder = narrow / "datasets/dishes/images"
    for i, size in enumerate([(64, 48), (1, 400), (48, 48), (48, 64)], 1):
        picture = Image.effect_noise(size, 90)
        picture.save(folder / f"e{i}.png")
    rows = [{"id": f"e{i}", "image": f"e{i}.png", "title": f"Dish number {i}"} for i in range(1, 5)]
    (narrow / "datasets/pool.jsonl").write_text("".join(f"{json.dumps(r)}\n" for r in rows))
    write(
        narrow / "datasets/pool.yaml",
        """
        source: {format: jsonl, path: pool.jsonl}
        columns: {id: id, image: image, references: [title]}
        images: {root: dishes/images}
        """,
    )
    variant = narrow / "prompts/titles/plain.yaml"
    variant.write_text(f"user: Name the dish.\nexemplars: {exemplars}\n")
    plan = make_plan(suite_of(narrow), Choice(only=("plain",)))
    assert sorted(e.id for e in plan.exemplars["plain"]) == shown


def test_an_exemplar_that_is_asked_for_by_its_id_ends_the_run(narrow):
    variant = narrow / "prompts/titles/plain.yaml"
    variant.write_text("user: Name the dish.\nexemplars: {dataset: dishes, ids: [s2]}\n")
    with pytest.raises(HarnessError, match="'s2': image of 1×400 pixels is none for") as refused:
        make_plan(suite_of(narrow), Choice())
    assert refused.value.hint == "it was asked for by its id, so it is not left out"


def checkpoint(folder, kind, **settings):
    folder.mkdir()
    content = json.dumps({"image_processor_type": kind, **settings})
    (folder / "preprocessor_config.json").write_text(content)
    return ModelConfig(name=folder.name, engine="vllm", model=str(folder))


def test_all_models_that_refuse_an_image_are_named(tmp_path):
    Image.new("RGB", (1, 400)).save(tmp_path / "a.png")
    ref = probe(tmp_path / "a.png")
    models = [checkpoint(tmp_path / name, "Qwen2VLImageProcessor") for name in "abcde"]
    said = [unsuitable_for(models[:n])(ref) for n in (1, 2, 3, 5)]
    begin = "image of 1×400 pixels is none for the"
    assert said == [
        f"{begin} model 'a' ({WHY})",
        f"{begin} models 'a' and 'b' ({WHY})",
        f"{begin} models 'a', 'b' and 'c' ({WHY})",
        f"{begin} models 'a', 'b', 'c' and 2 others ({WHY})",
    ]
    assert unsuitable_for([]) is None


def test_a_photo_is_measured_as_it_is_seen(tmp_path):
    donut = checkpoint(tmp_path / "donut", "DonutImageProcessor", size={"height": 128, "width": 96})
    unsuitable = unsuitable_for([donut])
    exif = Image.Exif()
    for turn, refused in ((1, True), (6, False)):  # 100 × 1 has no place in the frame, 1 × 100 has
        exif[0x0112] = turn
        Image.new("RGB", (100, 1)).save(tmp_path / "a.jpg", exif=exif)
        assert (unsuitable(probe(tmp_path / "a.jpg")) is not None) is refused
