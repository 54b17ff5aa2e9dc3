"""Scripts to run from the root of the repository: ``python -m tools.ROOM``."""
