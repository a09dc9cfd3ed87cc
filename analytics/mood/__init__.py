"""The mood of the headlines about a symbol. Pure."""
