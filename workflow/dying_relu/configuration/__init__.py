"""The configuration: its keys, their validation, and the runs that it stands for."""
