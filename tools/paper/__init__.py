"""The paper's tables, compared with this code."""
