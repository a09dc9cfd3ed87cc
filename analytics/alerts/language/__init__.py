"""The language of alert rules: from text to a checked rule, and back to its normal form. Pure."""
