"""What produced a result: software, machine, commit, code and digests."""
