"""Figures, by seaborn."""
