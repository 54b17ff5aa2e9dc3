"""Costs of the applications: training data, metrics, tiles."""
