"""Bars that are unlike those before them. Pure."""
