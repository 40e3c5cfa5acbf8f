"""The network, and the random streams that it starts from."""
