from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest
from PIL import Image

from harness.engines.images import ImagePreparation, preparation
from harness.engines.protocol import ImageWork
from harness.engines.worker import WorkerError
from harness.errors import DataError, EngineError
from harness.media import PictureCache, probe
from harness.records import FilePlace, MediaRef

QWEN = SimpleNamespace(model_type="qwen3_vl", vision_config=SimpleNamespace(patch_size=16))
PROCESSOR = SimpleNamespace(
    image_processor=SimpleNamespace(size={"shortest_edge": 100, "longest_edge": 9000})
)
REF = MediaRef(place=FilePlace(path="a.png"), sha256="f" * 64, width=1, height=1)


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


def test_an_image_whose_pixels_are_made_by_newer_rules_is_another_image():
    newer = replace(REF, pixels=2)
    for settings in ({}, {"max_pixels": 5000}):
        prepared = preparation(settings, QWEN, PROCESSOR)
        assert prepared.uuid(newer) != prepared.uuid(REF)


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
    with pytest.raises(EngineError, match="'max_pixels' is no image setting of a llava"):
        preparation({"max_pixels": 5000}, SimpleNamespace(model_type="llava"), PROCESSOR)


def of_kind(kind, **processor):
    images = SimpleNamespace(**{"size": {}, "crop_size": None, **processor})
    return SimpleNamespace(model_type=kind), SimpleNamespace(image_processor=images)


def test_idefics_is_told_its_longest_edge_and_whether_to_cut():
    given = {"longest_edge": 490, "do_image_splitting": False}
    two = of_kind("idefics2", size={"shortest_edge": 378, "longest_edge": 980})
    size = {"longest_edge": 490, "shortest_edge": 378}
    assert preparation(given, *two).loading == {"do_image_splitting": False, "size": size}
    small = preparation({"longest_edge": 300}, *two).loading
    assert small == {"size": {"longest_edge": 300, "shortest_edge": 300}}
    with pytest.raises(EngineError, match="longest_edge is 981, more than the model's 980"):
        preparation({"longest_edge": 981}, *two)
    three = of_kind("smolvlm", size={"longest_edge": 1536})
    assert preparation(given, *three).loading["size"] == {"longest_edge": 490}
    assert preparation(given, *three).config == {}


def test_llava_is_told_the_grids_that_have_so_few_tiles():
    grids = [[336, 672], [672, 336], [672, 672], [1008, 336]]
    crop = {"height": 336, "width": 336}
    llava = of_kind("llava_next", image_grid_pinpoints=grids, crop_size=crop)
    told = {"image_grid_pinpoints": grids[:2] + grids[3:]}
    prepared = preparation({"max_tiles": 3}, *llava)
    assert (prepared.loading, prepared.config) == (told, told)
    assert prepared.uuid(REF) == REF.sha256  # the picture itself is left as it is
    with pytest.raises(EngineError, match="max_tiles is 1, and the model's smallest grid has 2"):
        preparation({"max_tiles": 1}, *llava)


def test_internvl_is_told_the_most_patches():
    assert preparation({"max_tiles": 4}, *of_kind("internvl")).loading == {"max_patches": 4}


def drawn(path, colour="red", side=8):
    Image.new("RGB", (side, side), colour).save(path)
    return probe(path)


def fresh(settings=None, kept_bytes=2**20):
    """Image preparation that shares its cache with nobody."""
    prepared = preparation(settings or {}, QWEN, PROCESSOR)
    prepared.cache = PictureCache(kept_bytes, 2**28)
    return prepared


def test_a_picture_that_many_ask_for_at_once_is_opened_once(tmp_path):
    ref = drawn(tmp_path / "a.png")
    prepared = fresh()

    async def asked():
        return await asyncio.gather(*(prepared.open([ref, ref]) for _ in range(5)))

    pictures = [picture for answer in asyncio.run(asked()) for picture in answer]
    assert (len(pictures), prepared.decoded) == (10, 1)
    assert all(picture is pictures[0] for picture in pictures)


def test_one_who_gives_up_does_not_take_the_picture_from_the_others(tmp_path):
    ref = drawn(tmp_path / "a.png")
    prepared = fresh()

    async def asked():
        first, second = (asyncio.ensure_future(prepared.open([ref])) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    [picture] = asyncio.run(asked())
    assert picture.size == (8, 8)


def test_a_picture_that_could_not_be_opened_is_tried_again(tmp_path):
    ref = drawn(tmp_path / "a.png")
    prepared = fresh()

    async def asked():
        ref.path.rename(tmp_path / "gone.png")
        with pytest.raises(DataError, match=r"a\.png"):
            await prepared.open([ref])
        (tmp_path / "gone.png").rename(ref.path)
        return await prepared.open([ref])

    [picture] = asyncio.run(asked())
    assert picture.size == (8, 8)


def asked_in_turn(prepared, prompts, at_once):
    """Open the pictures of prompts, a few prompts at a time, as an engine does."""

    async def ask():
        room = asyncio.Semaphore(at_once)

        async def one(refs):
            async with room:
                return [picture.size for picture in await prepared.open(refs)]

        await asyncio.gather(*(one(refs) for refs in prompts))

    asyncio.run(ask())
    return prepared.decoded


@pytest.mark.parametrize("at_once", [1, 4, 20])
def test_exemplars_are_decoded_once_and_each_sample_once(tmp_path, at_once):
    # Found 2026-11-25: 180 decodes for 20 requests with 8 exemplars, instead of 28.
    shades = [(n, 0, 0) for n in range(28)]
    refs = [drawn(tmp_path / f"{n}.png", shade) for n, shade in enumerate(shades)]
    prompts = [[*refs[:8], sample] for sample in refs[8:]]
    assert asked_in_turn(fresh(), prompts, at_once) == 28


def test_exemplars_that_do_not_fit_make_room_for_themselves(tmp_path):
    refs = [drawn(tmp_path / f"{n}.png", (n, 0, 0), side=128) for n in range(40)]  # 64 KiB each
    prompts = [[*refs[:20], sample] for sample in refs[20:]]
    decoded = asked_in_turn(fresh(kept_bytes=2**18), prompts, 1)
    assert decoded <= 20 + 2 * 20  # the first prompt shows how much room is needed


def test_all_prompts_of_an_image_decode_it_once_while_large_ones_come_and_go(tmp_path):
    refs = [drawn(tmp_path / f"{n}.png", (n, 0, 0), side=512) for n in range(10)]  # 1 MiB each
    prompts = [[ref] for ref in refs for _ in range(6)]
    prepared = fresh(kept_bytes=2**21)
    assert asked_in_turn(prepared, prompts, 6) == 10
    assert prepared.cache.held <= 2**21


def test_two_models_share_a_picture_that_they_prepare_alike(tmp_path):
    ref = drawn(tmp_path / "a.png")
    one, other = fresh(), fresh()
    other.cache = one.cache
    assert asked_in_turn(one, [[ref]], 1) + asked_in_turn(other, [[ref]], 1) == 1


def test_what_one_engine_does_not_know_of_its_images_is_not_known_of_a_run():
    known = ImageWork(decoded=3, processed=2, encoded=1)
    assert known + known == ImageWork(decoded=6, processed=4, encoded=2)
    assert known + ImageWork(decoded=1) == ImageWork(decoded=4)


@pytest.mark.parametrize("raised", [StopIteration, SystemExit, asyncio.CancelledError])
def test_no_exception_of_a_decoder_leaves_a_request_waiting(raised):
    class Odd(ImagePreparation):
        def _open(self, ref: MediaRef) -> Image.Image:
            raise raised

    async def scenario() -> None:
        async with asyncio.timeout(10):
            await Odd(cache=PictureCache(kept_bytes=10**6, making_bytes=10**6)).open([REF])

    with pytest.raises(WorkerError, match=raised.__name__):
        asyncio.run(scenario())
