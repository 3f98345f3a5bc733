"""Lets vLLM and transformers start where torch is a CPU build and its companions are CUDA builds.

PyPI's torchvision, torchaudio and torchcodec are linked against CUDA. Beside a CPU build of torch
their compiled operators cannot load, and importing them fails:

- ``import torchvision`` dies with ``operator torchvision::nms does not exist``, because it attaches
  shape functions to the operators ``nms`` and ``qnms``. Declaring these two, without an
  implementation, is enough: the transforms that image processors use are Python.
- ``import torchaudio`` and ``import torchcodec`` die with an OSError, which nobody expects. They
  serve sound and video only, so they are made to look not installed, which everybody expects.

It has to happen in every process: ours, those that vLLM starts, and a
``python -m vllm.entrypoints.openai.api_server``. vLLM's own plugin hooks come too late, because
``import vllm.config`` already imports torchvision. So the package registers ``mend_imports`` as an
entry point of the group ``torch.backends``, whose functions torch calls at the end of
``import torch``: when torch is there, and before anything that needs it can be imported. (Except
that a script of your own must ``import torch`` before it imports anything from transformers, which
otherwise asks for torchaudio first. vLLM does, and so do our engines.)
Setting ``TORCH_DEVICE_BACKEND_AUTOLOAD=0`` turns that off.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

_declared: list[object] = []
"""Keeps the declarations: torch withdraws them when their Library object is collected."""


def mend_imports() -> None:
    """Mend the imports of torch's companion packages where their operators cannot load.

    Does nothing with a GPU build of torch, where the operators load, where a package is missing,
    and when called again. Imports none of them.
    """
    import torch

    if torch.version.cuda is not None or torch.version.hip is not None:
        return
    if not hasattr(torch.ops.torchvision, "nms") and not _loads("torchvision", "_C.*"):
        library = torch.library.Library("torchvision", "FRAGMENT")
        library.define(f"nms{SCHEMA}")
        library.define(f"qnms{SCHEMA}")
        _declared.append(library)
    for package, pattern in (
        ("torchaudio", "lib/_torchaudio*"),
        ("torchcodec", "libtorchcodec_image*"),
    ):
        if package not in sys.modules and not _loads(package, pattern):
            # None is Python's own mark for a name that must not be imported.
            sys.modules[package] = None  # type: ignore[assignment]
    if "datasets.config" in sys.modules and sys.modules.get("torchcodec", sys) is None:
        # It looked before torch was imported, and would import torchcodec at every sample.
        sys.modules["datasets.config"].TORCHCODEC_AVAILABLE = False  # type: ignore[attr-defined]


def _loads(package: str, pattern: str) -> bool:
    """Tell whether a package's compiled operators load; true where there are none to load."""
    import torch

    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    files = [file for folder in folders or () for file in Path(folder).glob(pattern)]
    libraries = sorted(file for file in files if file.suffix in (".so", ".pyd", ".dylib"))
    try:
        for library in libraries:
            torch.ops.load_library(str(library))
    except OSError:
        return False
    return True
