"""Foregrounds, backgrounds, trimaps and mattes: everything between a folder and a training sample."""
