"""Use cases before a run: what is wrong, what will be sent, which names there are."""
