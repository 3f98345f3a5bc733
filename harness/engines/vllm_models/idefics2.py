"""Idefics2 for vLLM: SigLIP vision tower, perceiver resampler, Mistral.

The tower and the text model are vLLM's own; their connector and the inputs are beside this file.
Takes pictures only, no embeddings made elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from vllm.model_executor.models.idefics2_vision_model import Idefics2VisionTransformer
from vllm.model_executor.models.interfaces import SupportsLoRA, SupportsMultiModal, SupportsPP
from vllm.model_executor.models.module_mapping import MultiModelKeys
from vllm.model_executor.models.utils import (
    AutoWeightsLoader,
    WeightsMapper,
    init_vllm_registered_model,
    maybe_prefix,
)
from vllm.multimodal import MULTIMODAL_REGISTRY

from harness.engines.vllm_models.idefics2_connector import Connector
from harness.engines.vllm_models.idefics2_inputs import (
    Idefics2DummyInputs,
    Idefics2Info,
    Idefics2Inputs,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import Tensor

PATCHES_AT_ONCE = 16_384
"""Bounds the memory of the connector's wide projection: about 1 GB in bfloat16 for the 8B model."""


@MULTIMODAL_REGISTRY.register_processor(
    Idefics2Inputs, info=Idefics2Info, dummy_inputs=Idefics2DummyInputs
)
class Idefics2ForConditionalGeneration(
    nn.Module,  # type: ignore[misc] # torch's types are not followed, nor are vLLM's
    SupportsMultiModal,  # type: ignore[misc]
    SupportsLoRA,  # type: ignore[misc]
    SupportsPP,  # type: ignore[misc]
):
    """The architecture of ``HuggingFaceM4/idefics2-8b``, with the Hub's names of weights."""

    hf_to_vllm_mapper = WeightsMapper(
        orig_to_new_prefix={
            "model.vision_model.": "vision_model.",
            "model.connector.": "connector.",
            "model.text_model.": "language_model.model.",
            "lm_head.": "language_model.lm_head.",
        }
    )
    packed_modules_mapping = {  # noqa: RUF012 (vLLM reads a plain class attribute)
        "qkv_proj": ["q_proj", "k_proj", "v_proj"],
        "gate_up_proj": ["gate_proj", "up_proj"],
    }

    def __init__(self, *, vllm_config: Any, prefix: str = "") -> None:
        super().__init__()
        config = vllm_config.model_config.hf_config
        quant = vllm_config.quant_config
        self.config = config
        with self._mark_tower_model(vllm_config, "image"):
            self.vision_model = Idefics2VisionTransformer(
                config.vision_config, quant, prefix=maybe_prefix(prefix, "vision_model")
            )
            self.connector = Connector(config, quant, maybe_prefix(prefix, "connector"))
        with self._mark_language_model(vllm_config):
            self.language_model = init_vllm_registered_model(
                vllm_config,
                hf_config=config.text_config,
                prefix=maybe_prefix(prefix, "language_model"),
            )
        self.make_empty_intermediate_tensors = self.language_model.make_empty_intermediate_tensors

    @classmethod
    def get_placeholder_str(cls, modality: str, i: int) -> str | None:
        """Say how a chat message without a template's help shows an image."""
        del i
        return "<image>" if modality == "image" else None

    def embed_multimodal(self, **kwargs: Any) -> list[Tensor]:
        """Turn pictures into one (tiles × latents, width) tensor each, in their order.

        Args:
            **kwargs: for each picture its padded tiles (``pixel_values``: tiles, 3, height, width)
                and how many rows and columns of patches each fills (``patch_grids``: tiles, 2).
        """
        pictures, grids = kwargs.get("pixel_values"), kwargs.get("patch_grids")
        if pictures is None or grids is None:
            return []
        tiles = [tile for picture in pictures for tile in picture]
        sizes = [(int(rows), int(columns)) for grid in grids for rows, columns in grid]
        features = iter(self._embed_tiles(tiles, sizes))
        return [torch.cat([next(features) for _ in picture]) for picture in pictures]

    def _embed_tiles(self, tiles: Sequence[Tensor], grids: list[tuple[int, int]]) -> list[Tensor]:
        """Embed tiles of any size; those of one size together, so that none is padded."""
        alike: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, grid in enumerate(grids):
            alike[grid].append(index)
        patch = self.config.vision_config.patch_size
        embedded: dict[int, Tensor] = {}
        for (rows, columns), indices in alike.items():
            positions = patch_positions(
                rows, columns, self.vision_model.embeddings.num_patches_per_side
            )
            step = max(1, PATCHES_AT_ONCE // (rows * columns))
            for start in range(0, len(indices), step):
                batch = indices[start : start + step]
                pixels = torch.stack(
                    [tiles[index][:, : rows * patch, : columns * patch] for index in batch]
                )
                places = positions.to(pixels.device).expand(len(batch), -1)
                patches = self.vision_model(pixels, position_ids=places)
                embedded.update(zip(batch, self.connector(patches), strict=True))
        return [embedded[index] for index in range(len(tiles))]

    def forward(
        self,
        input_ids: Tensor | None,
        positions: Tensor,
        intermediate_tensors: Any = None,
        inputs_embeds: Tensor | None = None,
        **kwargs: object,
    ) -> Any:
        """Run the text model on tokens whose image places vLLM has filled in already."""
        del kwargs
        if intermediate_tensors is not None:
            inputs_embeds = None
        return self.language_model.model(
            input_ids, positions, intermediate_tensors, inputs_embeds=inputs_embeds
        )

    def compute_logits(self, hidden_states: Tensor) -> Tensor | None:
        """Give the text model's logits."""
        return self.language_model.compute_logits(hidden_states)

    def load_weights(self, weights: Iterable[tuple[str, Tensor]]) -> set[str]:
        """Load the Hub's weights; raises on a name that is not the model's."""
        loaded: set[str] = AutoWeightsLoader(self).load_weights(
            weights, mapper=self.hf_to_vllm_mapper
        )
        return loaded

    def get_mm_mapping(self) -> Any:
        """Tell vLLM which parts belong to the text model: adapters apply to these."""
        return MultiModelKeys.from_string_field(
            language_model="language_model", connector="connector", tower_model="vision_model"
        )


@lru_cache(maxsize=512)
def patch_positions(rows: int, columns: int, side: int) -> Tensor:
    """Give each patch of a grid its place in the tower's table of ``side`` × ``side`` positions.

    A grid of any size is stretched over the table. The arithmetic is transformers' for float32, to
    the last bit, because a patch on the border between two places goes to either. vLLM's tower
    divides instead of multiplying, and differs for grids of 25, 49, 50 and 55 patches of 70.
    """
    borders = torch.arange(1 / side, 1.0, 1 / side, device="cpu")

    def places(count: int) -> Tensor:
        steps = torch.arange(count, dtype=torch.float32, device="cpu") * (
            1.0 / torch.tensor(count, device="cpu")
        )
        return torch.bucketize(steps.clamp(max=1.0 - 1e-6), borders, right=True)

    return (places(rows)[:, None] * side + places(columns)).flatten()
