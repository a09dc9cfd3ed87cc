"""Tables of what is judged over the closed bars of several symbols."""
