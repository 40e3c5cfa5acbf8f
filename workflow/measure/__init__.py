"""Measurements for the documents: `python -m measure.WHAT`, with the folder `workflow` on Python's path."""
