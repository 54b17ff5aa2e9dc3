"""Operators compared on one budget: trainings, measures, costs, a table and a plot, for all four tasks."""
