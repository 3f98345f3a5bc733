"""Model classes for vLLM that vLLM itself does not have; only vLLM imports what is in here."""
