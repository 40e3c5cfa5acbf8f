"""The page that people read, and what Snakemake's own report shows."""
