"""Frames of colour and depth, and their units: everything between a folder and a training sample."""
