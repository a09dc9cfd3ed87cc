"""How long the delivery of alerts takes after an outage of a receiver, and what it consumes."""
