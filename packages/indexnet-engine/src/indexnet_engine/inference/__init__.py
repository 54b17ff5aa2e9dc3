"""Prediction with a trained or exported network: predictor, tiles, device, loading, export check."""
