"""Tables that are made from the tables of the runs."""
