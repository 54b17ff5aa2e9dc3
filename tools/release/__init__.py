"""Publish weights; compare exported networks with PyTorch."""
