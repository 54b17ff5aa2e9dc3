"""The demo: two small denoisers side by side."""
