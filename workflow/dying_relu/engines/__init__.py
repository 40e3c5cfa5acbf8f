"""Engines train and test a network: a plain one, which defines the results, and a fast one, which is compiled."""
