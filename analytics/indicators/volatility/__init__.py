"""Indicators of how far prices move, and channels of that width around them."""
