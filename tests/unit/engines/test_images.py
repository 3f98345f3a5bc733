from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from harness.engines.images import preparation
from harness.engines.protocol import ImageWork
from harness.errors import DataError, EngineError
from harness.media import probe
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


def drawn(path):
    Image.new("RGB", (8, 8), "red").save(path)
    return probe(path)


def test_a_picture_that_many_ask_for_at_once_is_opened_once(tmp_path):
    ref = drawn(tmp_path / "a.png")
    prepared = preparation({}, QWEN, PROCESSOR)

    async def asked():
        return await asyncio.gather(*(prepared.open([ref, ref]) for _ in range(5)))

    pictures = [picture for answer in asyncio.run(asked()) for picture in answer]
    assert len(pictures) == 10
    assert all(picture is pictures[0] for picture in pictures)


def test_one_who_gives_up_does_not_take_the_picture_from_the_others(tmp_path):
    ref = drawn(tmp_path / "a.png")
    prepared = preparation({}, QWEN, PROCESSOR)

    async def asked():
        first, second = (asyncio.ensure_future(prepared.open([ref])) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    [picture] = asyncio.run(asked())
    assert picture.size == (8, 8)


def test_a_picture_that_could_not_be_opened_is_tried_again(tmp_path):
    ref = drawn(tmp_path / "a.png")
    prepared = preparation({}, QWEN, PROCESSOR)

    async def asked():
        ref.path.rename(tmp_path / "gone.png")
        with pytest.raises(DataError, match=r"a\.png"):
            await prepared.open([ref])
        (tmp_path / "gone.png").rename(ref.path)
        return await prepared.open([ref])

    [picture] = asyncio.run(asked())
    assert picture.size == (8, 8)


def test_what_one_engine_does_not_know_of_its_images_is_not_known_of_a_run():
    known = ImageWork(decoded=3, processed=2, encoded=1)
    assert known + known == ImageWork(decoded=6, processed=4, encoded=2)
    assert known + ImageWork(decoded=1) == ImageWork(decoded=4)
