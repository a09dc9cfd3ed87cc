"""Alerts as they are stored, and those that are to be delivered."""
