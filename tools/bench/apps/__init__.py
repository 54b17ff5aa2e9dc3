"""What the applications cost: their training data, measures, tiles."""
