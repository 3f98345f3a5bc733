"""MediaRefs → the pictures that a model's processor takes, prepared as the model config says.

Qwen-VL models take pictures of any size; ``min_pixels`` and ``max_pixels`` of a model config say
between which areas theirs are scaled, by Qwen's own ``qwen_vl_utils``. Of other families a picture
is handed over as it is, and their settings go to the checkpoint's own processor.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from harness.daemon_threads import DaemonThreads
from harness.engines.description import load_description
from harness.engines.image_settings import check_settings, family_of
from harness.engines.worker import carried
from harness.errors import DataError, EngineError
from harness.fingerprint import sha256_json
from harness.media import PictureCache, load, pictures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PIL import Image

    from harness.records import Json, MediaRef, ModelConfig

YIELDING = 10
"""How much nicer than the model the threads are that open pictures, in Unix's scale to 19."""


@cache
def _decoders() -> DaemonThreads:
    """Give the threads that open pictures; where a model needs the same cores, it goes first."""
    return DaemonThreads(os.cpu_count(), "decode", begin=_yield_cores)


def _yield_cores() -> None:
    if sys.platform == "linux":  # only there a thread has a priority of its own
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), YIELDING)


@dataclass(slots=True, kw_only=True)
class ImagePreparation:
    """How pictures are made ready for one checkpoint."""

    min_pixels: int | None = None
    """Smallest area, in pixels; with max_pixels None the picture is left as it is."""
    max_pixels: int | None = None
    """Largest area, in pixels."""
    patch_size: int = 14
    """Pixels along the side of the vision tower's patch."""
    loading: Mapping[str, Json] = field(default_factory=dict)
    """Settings with which the checkpoint's own processor is to be loaded."""
    config: Mapping[str, Json] = field(default_factory=dict)
    """Of these, what the model's config has to say, too."""
    cache: PictureCache = field(default_factory=pictures, repr=False, compare=False)
    """Keeps what was opened for the systems that ask for it next."""
    decoded: int = field(default=0, init=False, compare=False)
    """Files decoded until now."""

    def processor_kwargs(self) -> dict[str, Json]:
        """Tell the checkpoint's processor the same limits, so that it does not scale again."""
        if self.max_pixels is None:
            return {}
        return {"size": {"shortest_edge": self.min_pixels, "longest_edge": self.max_pixels}}

    def uuid(self, ref: MediaRef) -> str:
        """Name a prepared picture by its content, so that no cache need hash its pixels."""
        made: list[Json] = [ref.sha256] if ref.pixels == 1 else [ref.sha256, {"pixels": ref.pixels}]
        if self.max_pixels is not None:
            made += [self.min_pixels, self.max_pixels, self.patch_size]
        return ref.sha256 if made == [ref.sha256] else sha256_json(made)

    async def open(self, refs: Sequence[MediaRef]) -> list[Image.Image]:
        """Open and prepare pictures in worker threads, once for all who ask at about the same time.

        Raises:
            DataError: a file has gone, cannot be decoded, or is too narrow for the model.
        """
        shown = list(await asyncio.gather(*(self._shared(ref) for ref in refs)))
        self.cache.fit(shown)
        return shown

    async def _shared(self, ref: MediaRef) -> Image.Image:
        future, fresh = self.cache.submit(
            self.uuid(ref),
            partial(carried, self._open, ref),
            ref.width * ref.height * 4,
            _decoders(),
        )
        self.decoded += fresh
        # Who is cancelled does not take the picture from the others.
        return await asyncio.shield(asyncio.wrap_future(future))

    def _open(self, ref: MediaRef) -> Image.Image:
        picture = load(ref)
        if self.max_pixels is None:
            return picture
        from qwen_vl_utils import fetch_image

        limits = {"min_pixels": self.min_pixels, "max_pixels": self.max_pixels}
        try:
            fitted: Image.Image = fetch_image(
                {"image": picture, **limits}, image_patch_size=self.patch_size
            )
        except ValueError as error:
            raise DataError(f"image cannot be prepared: {ref.name} ({error})") from error
        return fitted


def load_prepared(model: ModelConfig) -> tuple[Any, Any, ImagePreparation]:
    """Load a checkpoint's config and its processor with a model's image settings; no weights.

    Raises:
        EngineError: there is no such checkpoint, or a setting is wrong.
    """
    hf_config, processor = load_description(model)
    prepared = preparation(model.image, hf_config, processor)
    if prepared.loading:
        hf_config, processor = load_description(model, prepared.loading)
        for name, value in prepared.config.items():
            setattr(hf_config, name, value)
    return hf_config, processor, prepared


def preparation(settings: Mapping[str, Json], hf_config: Any, processor: Any) -> ImagePreparation:
    """Read the image settings of a model config for a checkpoint.

    Args:
        settings: ``ModelConfig.image``.
        hf_config: the checkpoint's transformers config; its ``model_type`` decides.
        processor: the checkpoint's processor, whose own limit holds where only one is given.

    Raises:
        EngineError: a setting does not exist, does not apply to this kind of model, or has a value
            that cannot be.
    """
    kind = str(getattr(hf_config, "model_type", ""))
    check_settings(settings, kind)
    given = {name: value for name, value in settings.items() if value is not None}
    if not given:
        return ImagePreparation()
    images = processor.image_processor
    match family_of(kind):
        case "idefics2" | "idefics3" | "smolvlm":
            return ImagePreparation(loading=_parts(given, images.size))
        case "internvl":
            return ImagePreparation(loading={"max_patches": given["max_tiles"]})
        case "llava_next" | "llava_onevision":
            grids = {"image_grid_pinpoints": _grids(given["max_tiles"], images)}
            return ImagePreparation(loading=grids, config=grids)
    low = given.get("min_pixels", images.size["shortest_edge"])
    high = given.get("max_pixels", images.size["longest_edge"])
    if low > high:
        message = f"min_pixels is {low}, more than max_pixels, {high}"
        raise EngineError(message, key="image.min_pixels")
    return ImagePreparation(
        min_pixels=low, max_pixels=high, patch_size=hf_config.vision_config.patch_size
    )


def _parts(given: Mapping[str, Json], size: Any) -> dict[str, Json]:
    """Say into how large a picture and into which parts Idefics and SmolVLM scale and cut.

    Raises:
        EngineError: Idefics2 has positions for no larger picture.
    """
    told = dict(given)
    longest = told.pop("longest_edge", None)
    if longest is not None:
        told["size"] = {"longest_edge": longest}
        if shortest := size.get("shortest_edge"):  # of Idefics2
            if longest > size["longest_edge"]:
                message = f"longest_edge is {longest}, more than the model's {size['longest_edge']}"
                raise EngineError(message, key="image.longest_edge")
            told["size"]["shortest_edge"] = min(shortest, longest)
    return told


class Grid(list[int]):
    """Height and width in pixels; a list for transformers, which vLLM wants to hash."""

    def __hash__(self) -> int:  # type: ignore[override] # of a list, whose hash is None
        return hash(tuple(self))


def _grids(most: int, images: Any) -> list[Grid]:
    """Give the grids of LLaVA that have no more than so many tiles.

    Raises:
        EngineError: the checkpoint has none so small.
    """
    side = (images.crop_size or images.size)["height"]
    tiles = {(high, wide): high * wide // side**2 for high, wide in images.image_grid_pinpoints}
    if most < min(tiles.values()):
        message = f"max_tiles is {most}, and the model's smallest grid has {min(tiles.values())}"
        raise EngineError(message, key="image.max_tiles")
    return [Grid(grid) for grid, count in tiles.items() if count <= most]
