"""Tables of metrics and lists of problems in data."""
