"""Trained networks for inference and export."""
