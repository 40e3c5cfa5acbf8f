"""Files: whole or not there, tables and arrays that grow, logs, and the columns of every table."""
