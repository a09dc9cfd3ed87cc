"""Indicators of the speed of price changes, most of them between fixed limits."""
