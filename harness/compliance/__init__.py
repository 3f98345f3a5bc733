"""What a model wrote → the ways in which it is no bare answer: preamble, quotes, refusal."""

from harness.compliance.expected import expected_of, languages_of
from harness.compliance.flags import FLAGS, flags_of

__all__ = ["FLAGS", "expected_of", "flags_of", "languages_of"]
