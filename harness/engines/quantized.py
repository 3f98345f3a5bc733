"""A quantization's name → how transformers loads a model's linear layers in 8 or 4 bits.

The layers are quantized while the weights are loaded; what writes words at the end (``lm_head``)
and everything that is no linear layer stay in the model's own precision.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from harness.engines.protocol import check_packages
from harness.errors import EngineError

if TYPE_CHECKING:
    from harness.records import Json

PACKAGES = {
    "int8": "torchao",
    "bitsandbytes-8bit": "bitsandbytes",
    "bitsandbytes-4bit": "bitsandbytes",
}
"""Name of a quantization → the package that does it."""


def check_known(name: Json) -> None:
    """Refuse a name that is none of those above.

    Raises:
        EngineError: the hint names them.
    """
    if not isinstance(name, str) or name not in PACKAGES:
        raise EngineError(
            f"no quantization is named {name!r}", hint=f"quantizations: {', '.join(PACKAGES)}"
        )


def check_installed(name: str) -> None:
    """Refuse a quantization whose package is not here; nothing is imported.

    Raises:
        EngineError: the hint says what to install.
    """
    packages = (PACKAGES[name], "accelerate")
    check_packages(f"the quantization '{name}'", packages, "pip install -e '.[quantized]'")


def loading(name: str, device: str, hf_config: Any) -> dict[str, Any]:
    """Give what ``from_pretrained`` takes for a quantization.

    Args:
        name: of the quantization.
        device: where the model is to be.
        hf_config: the checkpoint's config.
    """
    from transformers import BitsAndBytesConfig, TorchAoConfig

    if name == "int8":
        from torchao.quantization import Int8DynamicActivationInt8WeightConfig

        config = TorchAoConfig(Int8DynamicActivationInt8WeightConfig())
    elif name == "bitsandbytes-8bit":
        config = BitsAndBytesConfig(load_in_8bit=True)
    else:
        config = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", llm_int8_skip_modules=_odd(hf_config)
        )
    return {"quantization_config": config, "device_map": {"": device}}


def _odd(hf_config: Any) -> list[str]:
    """Give patterns of the layers that bitsandbytes is not to have in 4 bits, for from_pretrained.

    It packs 64 × 32 weights for CPUs with AVX-512, and fails where a layer is no multiple of this.
    They are left out on every device: the same layers, the same key.
    """
    import torch
    from accelerate import init_empty_weights
    from transformers import AutoModelForImageTextToText
    from transformers.quantizers import HfQuantizer

    with init_empty_weights():
        model = AutoModelForImageTextToText.from_config(hf_config)
    odd = [
        f"{re.escape(name)}$"
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear)
        and (module.in_features % 64 or module.out_features % 32)
    ]
    return list(HfQuantizer.get_modules_to_not_convert(model, odd, add_default_skips=True))


def layers(model: Any) -> tuple[int, int]:
    """Count a model's linear layers: those that are quantized, and all."""
    import torch

    linear = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)]
    # Quantized weights are of classes of their own.
    return sum(type(layer.weight) is not torch.nn.Parameter for layer in linear), len(linear)
