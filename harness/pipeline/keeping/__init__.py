"""Use cases about what is kept: looking into the store and clearing it, removing runs."""
