"""Networks for inference and export."""
