"""Indicators of the volume traded."""
