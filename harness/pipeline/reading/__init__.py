"""Use cases that read finished runs: scoring, comparing, slicing, listing."""
