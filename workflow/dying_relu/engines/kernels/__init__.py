"""The fast engine's compiled code."""
