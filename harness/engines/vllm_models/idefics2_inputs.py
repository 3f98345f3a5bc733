"""Prompts and pictures → what the Idefics2 model takes, in vLLM's words.

The checkpoint's own image processor prepares the pictures. It pads all of a prompt's tiles (a
picture, or its four quarters and itself) to one size; here each picture gets rid of what the others
added, so that it is the same in any company, and can be cached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers import Idefics2Processor
from vllm.multimodal.inputs import MultiModalFieldConfig
from vllm.multimodal.processing import (
    BaseDummyInputsBuilder,
    BaseMultiModalProcessor,
    BaseProcessingInfo,
    PromptReplacement,
    PromptUpdateDetails,
)

from harness.engines.vllm_models.idefics2_prompt import with_boundaries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor


class Idefics2Info(BaseProcessingInfo):  # type: ignore[misc] # vLLM's types are not followed
    """What vLLM wants to know before it has a picture."""

    def get_hf_processor(self, **kwargs: object) -> Any:
        """Load the checkpoint's processor, with image settings of the engine or of a request."""
        return self.ctx.get_hf_processor(Idefics2Processor, **kwargs)

    def get_supported_mm_limits(self) -> Mapping[str, int | None]:
        """Take any number of images."""
        return {"image": None}

    def token_ids(self) -> tuple[int, int]:
        """Give the ids of ``<image>`` and ``<fake_token_around_image>``."""
        boundary = self.get_hf_processor().fake_image_token
        [boundary_id] = self.get_tokenizer().convert_tokens_to_ids([boundary])
        return self.get_hf_config().image_token_id, boundary_id


class Idefics2DummyInputs(BaseDummyInputsBuilder[Idefics2Info]):  # type: ignore[misc] # the same
    """The largest input, by which vLLM measures how much memory is left."""

    def get_dummy_text(self, mm_counts: Mapping[str, int]) -> str:
        """Write a prompt of images only."""
        token: str = self.info.get_hf_processor().image_token
        return token * mm_counts.get("image", 0)

    def get_dummy_mm_data(
        self, seq_len: int, mm_counts: Mapping[str, int], mm_options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Give pictures so large that their quarters have the largest size too."""
        del seq_len
        size = self.info.get_hf_processor().image_processor.size
        edge = 2 * (size["longest_edge"] or max(size["height"], size["width"]))
        pictures = self._get_dummy_images(
            width=edge,
            height=edge,
            num_images=mm_counts.get("image", 0),
            overrides=mm_options.get("image"),
        )
        return {"image": pictures}


class Idefics2Inputs(BaseMultiModalProcessor[Idefics2Info]):  # type: ignore[misc] # the same
    """Runs the checkpoint's processor on the pictures, and expands the prompt's tokens to fit."""

    def _postprocess_hf_mm_data(
        self,
        mm_inputs: Mapping[str, object],
        hf_processor_mm_kwargs: Mapping[str, object],
        processed_data: Any,
    ) -> Any:
        del hf_processor_mm_kwargs
        if not mm_inputs:
            return processed_data
        [pixels], [mask] = processed_data["pixel_values"], processed_data["pixel_attention_mask"]
        patch = self.info.get_hf_config().vision_config.patch_size
        # Height and width of each tile, in whole patches: a patch that is partly padding is no use.
        grids = torch.stack([mask[:, :, 0].sum(1), mask[:, 0, :].sum(1)], dim=1) // patch
        images = len(mm_inputs["images"])  # type: ignore[arg-type] # a list
        by_image = grids.unflatten(0, (images, -1))
        processed_data["pixel_values"] = [
            _cropped(tiles, grid, patch)
            for tiles, grid in zip(pixels.unflatten(0, (images, -1)), by_image, strict=True)
        ]
        processed_data["patch_grids"] = by_image
        return processed_data

    def _get_mm_fields_config(
        self, hf_inputs: Any, hf_processor_mm_kwargs: Mapping[str, object]
    ) -> Mapping[str, Any]:
        del hf_inputs, hf_processor_mm_kwargs
        return {
            "pixel_values": MultiModalFieldConfig.batched("image"),
            "patch_grids": MultiModalFieldConfig.batched("image", keep_on_cpu=True),
        }

    def _postprocess_prompt(self, prompt: list[int]) -> list[int]:
        return with_boundaries(prompt, self.info.get_tokenizer(), *self.info.token_ids())

    def _get_prompt_updates(
        self, mm_items: Any, hf_processor_mm_kwargs: Mapping[str, object], out_mm_kwargs: Any
    ) -> Sequence[Any]:
        del mm_items, hf_processor_mm_kwargs
        image, boundary = self.info.token_ids()
        latents = self.info.get_hf_config().perceiver_config.resampler_n_latents

        def tiles(index: int) -> Any:
            """Repeat the image token for each tile, with boundaries between; never at the ends."""
            count = len(out_mm_kwargs["image"][index]["patch_grids"].data)
            ids = ([*[image] * latents, boundary] * count)[:-1]
            return PromptUpdateDetails.select_token_id(ids, image)

        return [PromptReplacement(modality="image", target=[image], replacement=tiles)]


def _cropped(tiles: Tensor, grid: Tensor, patch: int) -> Tensor:
    """Cut off what no tile of a picture fills; (tiles, 3, height, width) before and after."""
    rows, columns = grid.amax(0).tolist()
    return tiles[:, :, : rows * patch, : columns * patch].contiguous()
