"""Benchmarks of time and memory: this code, a literal form of the paper's description, and max pooling."""
