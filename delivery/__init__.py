"""Alerts to people: mail, webhooks, chat and SMS, from the outbox that the analytics part fills."""
