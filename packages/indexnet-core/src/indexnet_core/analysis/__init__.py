"""The cost of a network, and its index maps as images."""
