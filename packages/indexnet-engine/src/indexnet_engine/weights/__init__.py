"""Weights for use anywhere: pretrained folders and state dicts."""
