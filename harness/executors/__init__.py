"""Who carries requests to an engine, and what that does to the process."""
