"""Train small networks on MNIST, count their dying ReLUs, and show what their weights do.

Plain functions and dataclasses on tensors, tables and files; the package knows nothing of Snakemake.
"""
