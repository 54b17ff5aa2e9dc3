"""Training: task, data, model."""
