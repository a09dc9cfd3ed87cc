"""Alerts as they are stored, those that are to be delivered, and who acknowledged or snoozed them."""
