"""The run folder: configuration, checkpoints, exact resume, metrics, environment."""
