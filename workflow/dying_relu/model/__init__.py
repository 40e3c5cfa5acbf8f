"""The network, and the random numbers that runs start from."""
