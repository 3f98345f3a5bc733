"""The use cases: each composes the stages and knows their order."""
