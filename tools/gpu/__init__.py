"""One command for a GPU: its tests, its kernels, training and inference of the four tasks, in one report."""
