"""Convert public data sets and weights into the layouts that the applications read."""
