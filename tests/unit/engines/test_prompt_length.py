"""What measures prompts without a model: where it finds files, and where it says nothing."""

import json
import shutil

import pytest

from harness.engines.prompt_length import prompt_length
from harness.records import ImagePart, MediaRef, Message, ModelConfig, RenderedPrompt, TextPart
from harness.records.media import GreyPlace

DEMO = "harness/demo/model"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def folder(repository, tmp_path):
    """The demo's model, but for its weights."""
    weights = shutil.ignore_patterns("*.safetensors")
    return shutil.copytree(repository / DEMO, tmp_path / "model", ignore=weights)


def config(model, engine="vllm", **given):
    return ModelConfig(name="demo", engine=engine, model=str(model), **given)


def prompt(text="", *, sizes=()):
    media = tuple(
        MediaRef(place=GreyPlace(width=w, height=h), sha256=f"{w}", width=w, height=h)
        for w, h in sizes
    )
    parts = (*(ImagePart(index=i) for i in range(len(media))), TextPart(text=text))
    return RenderedPrompt(messages=(Message(role="user", parts=parts),), media=media, sha256="")


def change(path, **keys):
    path.write_text(json.dumps({**json.loads(path.read_text()), **keys}))


def test_texts_and_pictures_are_counted(folder):
    measure = prompt_length(config(folder))
    assert measure.context == 2048
    # 112 by 112 pixels are what the demo's processor makes of any picture: 4 by 4 squares of 28.
    assert measure.images(prompt(sizes=[(640, 640), (56, 56)])) == 32
    length = measure.of(prompt("Name the dish." * 3, sizes=[(640, 480)]), 0)
    assert length.images == measure.images(prompt(sizes=[(640, 480)]))
    assert length.images + 9 <= length.tokens <= length.images + 42
    assert measure.of(prompt("Name the dish." * 3), length.tokens) is None


def test_a_short_prompt_needs_no_tokenizer(folder):
    (folder / "tokenizer.json").write_text("no tokenizer")
    assert prompt_length(config(folder)).of(prompt("x" * 100), 101) is None
    assert prompt_length(config(folder)).of(prompt("x" * 102), 101) is None  # nobody can tell


@pytest.mark.parametrize(
    ("engine", "args", "context"),
    [
        ("vllm", {"max_model_len": 512}, 512),
        ("vllm", {"max_model_len": "1k"}, None),
        ("transformers", {}, 2048),
        ("fake", {}, None),
        ("openai", {}, None),
    ],
)
def test_the_context_is_what_the_engine_will_have(folder, engine, args, context):
    measure = prompt_length(config(folder, engine, args=args))
    assert (measure and measure.context) == context


def test_a_context_that_is_scaled_is_not_guessed_at(folder):
    text = json.loads((folder / "config.json").read_text())["text_config"]
    scaled = {**text, "rope_parameters": {"rope_type": "yarn", "factor": 4.0}}
    change(folder / "config.json", text_config=scaled)
    assert prompt_length(config(folder)) is None
    assert prompt_length(config(folder, args={"max_model_len": 4096})).context == 4096


def test_pictures_of_other_models_count_as_one_token(folder):
    change(folder / "config.json", model_type="llava")
    measure = prompt_length(config(folder))
    assert measure.images(prompt(sizes=[(640, 640)])) == 0
    alone, shown = (measure.of(prompt("a b c", sizes=s), 0).tokens for s in ([], [(640, 640)]))
    assert shown == alone + 1


@pytest.mark.parametrize("missing", ["tokenizer.json", "config.json"])
def test_a_folder_that_lacks_a_file_says_nothing(folder, missing):
    (folder / missing).unlink()
    assert prompt_length(config(folder)) is None


def test_a_captioner_has_rules_of_its_own(folder):
    (folder / "chat_template.jinja").unlink()
    change(folder / "tokenizer_config.json", chat_template=None)
    path = folder / "tokenizer_config.json"
    path.write_text(path.read_text().replace("chat_template", "other"))
    assert prompt_length(config(folder, "transformers")) is None


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "me/mine"])
@pytest.mark.parametrize("revision", ["x" * 300, "a\0b", COMMIT, None])
def test_a_name_that_no_file_can_have_is_not_here(name, revision):
    assert prompt_length(config(name, revision=revision)) is None


@pytest.mark.parametrize("revision", [None, "main", COMMIT])
@pytest.mark.parametrize("variable", ["HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"])
def test_files_in_the_hubs_cache_are_found(folder, tmp_path, monkeypatch, variable, revision):
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    inside = {"HF_HUB_CACHE": "", "HF_HOME": "hub", "XDG_CACHE_HOME": "huggingface/hub"}
    monkeypatch.setenv(variable, str(tmp_path / "cache"))
    repository = tmp_path / "cache" / inside[variable] / "models--me--mine"
    shutil.copytree(folder, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    assert prompt_length(config("me/mine", revision=revision)).context == 2048
    assert prompt_length(config("me/mine", revision="other")) is None
    assert prompt_length(config("me/other", revision=revision)) is None
