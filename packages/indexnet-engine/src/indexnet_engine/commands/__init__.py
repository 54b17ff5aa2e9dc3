"""Commands that are the same in all applications."""
