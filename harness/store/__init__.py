"""Completions and runs on disk."""
