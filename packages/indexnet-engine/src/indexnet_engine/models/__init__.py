"""Networks that several applications share: building blocks, encoders and their weights."""
