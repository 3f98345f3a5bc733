"""Multimodal LLM prompt-evaluation harness; the command is ``harness``, see :mod:`harness.cli`."""
