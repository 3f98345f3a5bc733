"""The offline demo: its weights, its dataset, and how both were made."""
