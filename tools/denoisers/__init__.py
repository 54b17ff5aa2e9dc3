"""Compare denoisers: trained networks, and the methods that people already have."""
