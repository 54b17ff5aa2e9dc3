"""Operators: their names, and the modules built from them."""
