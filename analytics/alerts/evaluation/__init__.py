"""Evaluates rules at closed bars: values, three-valued conditions, and when a rule fires. Pure."""
