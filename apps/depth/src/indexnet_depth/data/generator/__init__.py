"""Furnished rooms without end: surfaces, light, a lens and a camera, with the exact depth of every pixel."""
