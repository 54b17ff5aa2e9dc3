"""What a network costs and what its indices look like."""
