"""What is evaluated over the closed bars of several symbols, behind the slowest of them."""
