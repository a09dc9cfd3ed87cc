"""Indicators of the direction of prices."""
