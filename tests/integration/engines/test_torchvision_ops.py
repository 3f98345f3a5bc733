from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh process: what is imported first matters."""
    return subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(autouse=True)
def packages():
    pytest.importorskip("torchvision")
    pytest.importorskip("qwen_vl_utils")


def test_torch_is_told_of_the_mending():
    assert "harness.engines.torchvision_ops:mend_imports" in {
        point.value for point in entry_points(group="torch.backends")
    }


@pytest.mark.parametrize(
    "code",
    [
        "import torchvision; torchvision.transforms.Resize(4)",
        "import qwen_vl_utils",
        "import torch; from transformers import Qwen2VLProcessor",
        "import vllm.config",
    ],
)
def test_what_needs_torchvision_can_be_imported_first_thing(code):
    done = run(code)
    assert done.returncode == 0, done.stderr


def test_mending_twice_does_nothing():
    done = run(
        "from harness.engines.torchvision_ops import mend_imports\n"
        "mend_imports(); import torchvision; mend_imports()"
    )
    assert done.returncode == 0, done.stderr
