from __future__ import annotations

import asyncio
import importlib.util
import os
from datetime import UTC, datetime

import pytest

from harness.answer_form import has_form
from harness.engines.vllm import VllmEngine
from harness.errors import EngineError
from harness.records import ModelConfig

GOOD = 24  # 12 images × 2 prompts


def test_every_sample_has_a_text_and_its_counts(vllm_session):
    completions = [c for c in vllm_session.completions().values() if c.error is None]
    assert len(completions) == GOOD
    for completion in completions:
        assert completion.text.strip()
        assert completion.finish_reason in ("stop", "length")
        assert completion.prompt_tokens > completion.completion_tokens > 0
        assert completion.seconds > 0


def test_a_prompt_beyond_the_context_fails_alone_and_says_why(vllm_session):
    failed = vllm_session.completions()["too long"]
    assert (failed.text, failed.finish_reason) == ("", "error")
    assert "maximum context length" in failed.error


def test_a_broken_image_fails_alone_and_is_named(vllm_session):
    failed = vllm_session.completions()["corrupt"]
    assert (failed.text, failed.finish_reason) == ("", "error")
    assert "corrupt.webp" in failed.error


SPECIAL = {
    "image": "the user message: this model reads '<|image_pad|>' as a special token, not as text",
    "turn": "the user message: this model reads '<|im_end|>', '<|im_start|>' as a special token",
    "system": "the system message: this model reads '<|vision_end|>'",
    "example": "the assistant message: this model reads '<|endoftext|>'",
}


def test_a_text_that_holds_a_special_token_fails_alone_and_names_it(vllm_session):
    found = vllm_session.completions("odd")
    for key, reason in SPECIAL.items():
        assert (found[key].text, found[key].finish_reason) == ("", "error")
        assert reason in found[key].error
    [good] = [completion for completion in found.values() if completion.error is None]
    assert good.text == vllm_session.completions()[good.key].text


def test_a_failure_says_its_deepest_cause_and_equal_ones_say_the_same(vllm_session):
    """Found 2026-11-25: the wrapping was told, with the place of the picture in memory."""
    found = vllm_session.completions("odd")
    reasons = {found[f"narrow {colour}"].error for colour in ("red", "blue")}
    assert len(reasons) == 1
    assert "aspect ratio" in min(reasons)
    assert "0x" not in min(reasons)


def test_what_made_a_text_and_when_is_known(vllm_session):
    for completion in vllm_session.completions().values():
        if completion.error is None:
            assert completion.made_by.startswith("vllm 0.")
            assert datetime.fromisoformat(completion.made_at).tzinfo == UTC
        else:
            assert (completion.made_by, completion.made_at) == (None, None)


def test_an_image_asked_about_again_comes_from_the_cache_with_the_same_text(vllm_session):
    first, again = vllm_session.completions(), vllm_session.completions("again")
    assert again
    for key, completion in again.items():
        assert completion.text == first[key].text
        assert completion.cached_tokens > 0


def test_one_beam_is_greedy(vllm_session):
    greedy, one = vllm_session.completions(), vllm_session.completions("one beam")
    assert len(one) == GOOD
    for key, completion in one.items():
        assert completion.text == greedy[key].text
        assert completion.completion_tokens == greedy[key].completion_tokens


def test_beams_find_other_texts_and_count_the_prompt_once(vllm_session):
    greedy, found = vllm_session.completions(), vllm_session.completions("beams")
    good = [key for key in found if found[key].error is None]
    assert len(good) == GOOD
    assert sum(found[key].text != greedy[key].text for key in good) >= 5
    for key in good:
        assert found[key].prompt_tokens == greedy[key].prompt_tokens
        assert 0 < found[key].completion_tokens <= 24
        assert found[key].cached_tokens < found[key].prompt_tokens


def test_a_beam_search_that_cannot_be_made_fails_alone_and_says_why(vllm_session):
    found = vllm_session.completions("beams")
    assert "maximum context length" in found["too long"].error
    assert "corrupt.webp" in found["corrupt"].error


def test_beam_searches_given_up_leave_vllm_nothing_to_do(vllm_session):
    assert vllm_session.report["left of cancelled beams"] == 0


def test_answers_have_the_form_that_was_asked_for(vllm_session):
    assert len(vllm_session.report["forms"]) == 3
    for form, texts in vllm_session.report["forms"]:
        assert len(texts) == 6
        for text in texts:
            assert has_form(text, form), (form, text)


def test_a_decoding_that_vllm_cannot_do_is_refused_by_name(vllm_session):
    assert "'odd'" in vllm_session.report["unknown"]
    assert "'temprature'" in vllm_session.report["unknown"]
    assert "'cold'" in vllm_session.report["invalid"]
    assert "temperature" in vllm_session.report["invalid"]


def test_the_terminal_stays_clean_and_the_log_has_it_all(vllm_session):
    assert vllm_session.stdout == "before\nafter\n"
    assert vllm_session.stderr == ""
    assert "from the parent's descriptor" in vllm_session.log
    assert "EngineCore pid=" in vllm_session.log


def test_ctrl_c_leaves_it_to_us_whether_requests_in_flight_are_finished(vllm_session):
    completions = vllm_session.completions("interrupted").values()
    assert [(c.finish_reason, c.completion_tokens) for c in completions] == [("length", 100)] * 8


def test_nothing_is_left_after_close(vllm_session):
    assert vllm_session.report["children alive"] == ["EngineCore"]
    assert vllm_session.report["children closed"] == []
    assert vllm_session.report["environment kept"]


def standard_outputs():
    """Say which files the descriptors 1 and 2 lead to."""
    return [(found.st_dev, found.st_ino) for found in map(os.fstat, (1, 2))]


def start_fails_with(config: ModelConfig, log) -> str:
    before = standard_outputs()
    engine = VllmEngine(config, log=log)
    with pytest.raises(EngineError) as caught:
        asyncio.run(engine.start())
    assert standard_outputs() == before
    return str(caught.value)


def test_a_missing_model_folder_is_named_with_a_hint(tmp_path):
    config = ModelConfig(name="m", engine="vllm", model=str(tmp_path / "nowhere"))
    message = start_fails_with(config, tmp_path / "log")
    assert "nowhere" in message
    assert "hint:" in message


def test_a_folder_without_a_checkpoint_is_named(tmp_path):
    config = ModelConfig(name="m", engine="vllm", model=str(tmp_path))
    assert "config.json is missing" in start_fails_with(config, tmp_path / "log")


@pytest.mark.filterwarnings("default")  # what importing torch and transformers warns of
def test_a_model_that_is_not_in_the_cache_is_named_with_a_hint(tmp_path, monkeypatch):
    if not importlib.util.find_spec("transformers"):
        pytest.skip("needs transformers")
    import huggingface_hub.constants

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    config = ModelConfig(name="m", engine="vllm", model="nobody/no-such-model")
    message = start_fails_with(config, tmp_path / "log")
    assert "nobody/no-such-model" in message
    assert "hf download" in message
