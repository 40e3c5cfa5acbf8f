"""The configuration: its keys, what is refused, and the runs that it stands for."""
