"""Evaluates rules between two closes: live rules at the open bar, and rules on missing quotes as time passes. Pure."""
