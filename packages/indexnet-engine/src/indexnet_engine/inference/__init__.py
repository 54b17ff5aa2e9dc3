"""Running a trained or exported network: device, tiles, export check."""
