"""Indicators of where a price stands within its own past."""
