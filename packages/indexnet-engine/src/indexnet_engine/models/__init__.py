"""Networks of the applications: shared building blocks, encoders and their weights."""
