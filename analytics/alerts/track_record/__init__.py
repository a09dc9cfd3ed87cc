"""What came of the bars at which a rule fired, against all bars of the same symbol and hour of day. Pure."""
