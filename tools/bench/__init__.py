"""One harness for time and memory: ours, the paper's description to the letter, and max pooling."""
