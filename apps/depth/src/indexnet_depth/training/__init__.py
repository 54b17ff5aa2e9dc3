"""The training: task, data, model."""
