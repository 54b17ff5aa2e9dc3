"""Compare operators at the same training budget, for all four tasks: metrics, costs, table and plot."""
