"""Files: atomic writes, tables and arrays that grow, logs, and the columns of every table."""
