from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.engines.images import preparation
from harness.errors import EngineError
from harness.records import MediaRef

QWEN = SimpleNamespace(model_type="qwen3_vl", vision_config=SimpleNamespace(patch_size=16))
PROCESSOR = SimpleNamespace(
    image_processor=SimpleNamespace(size={"shortest_edge": 100, "longest_edge": 9000})
)
REF = MediaRef(path=Path("a.png"), sha256="f" * 64, width=1, height=1)


def test_without_settings_the_processor_decides():
    left_alone = preparation({}, SimpleNamespace(model_type="llava"), PROCESSOR)
    assert left_alone.processor_kwargs() == {}
    assert left_alone.uuid(REF) == REF.sha256


def test_a_limit_that_is_not_given_is_the_checkpoints_own():
    prepared = preparation({"max_pixels": 5000}, QWEN, PROCESSOR)
    assert prepared.processor_kwargs() == {"size": {"shortest_edge": 100, "longest_edge": 5000}}
    assert prepared.patch_size == 16


def test_an_image_prepared_otherwise_is_another_image():
    uuids = {preparation({"max_pixels": n}, QWEN, PROCESSOR).uuid(REF) for n in (4000, 5000)}
    assert len(uuids | {REF.sha256}) == 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_pixel": 1}, "no image setting is named 'max_pixel'"),
        ({"max_pixels": "many"}, "not a number of pixels"),
        ({"max_pixels": True}, "not a number of pixels"),
        ({"min_pixels": 9001}, "min_pixels is 9001, more than max_pixels, 9000"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(EngineError, match=message):
        preparation(settings, QWEN, PROCESSOR)


def test_settings_for_another_kind_of_model_are_refused():
    with pytest.raises(EngineError, match="apply to Qwen-VL models, and this is a llava"):
        preparation({"max_pixels": 5000}, SimpleNamespace(model_type="llava"), PROCESSOR)
