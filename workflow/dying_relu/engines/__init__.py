"""Engines: what takes a network through mini-batches, to train and to test it."""
