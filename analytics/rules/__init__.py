"""The command line of alert rules: python -m analytics.rules."""
