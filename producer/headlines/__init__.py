"""Headlines about the followed symbols: read from one source, cleaned, scored, and published once each."""
