"""What the networks of the applications share: building blocks, encoders and their weights."""
