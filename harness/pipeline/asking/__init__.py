"""Use cases that ask models: a suite planned, looked up in the store, asked, and run to its end."""
