"""One run, trained from its first step to its tables."""
