"""Tables of what is evaluated over the closed bars of several symbols."""
