"""Rows and images, turned into samples."""
