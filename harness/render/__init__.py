"""Prompt variant + sample (+ exemplars) → rendered prompt, by sandboxed Jinja; no I/O."""

from harness.render.controlled import ControlRenderer
from harness.render.renderer import Renderer, prompt_content

__all__ = ["ControlRenderer", "Renderer", "prompt_content"]
