"""Trained weights: folders of this project, and state dicts of other programs."""
