"""The article's claims: what they say, what is measured for them, and the verdicts."""
