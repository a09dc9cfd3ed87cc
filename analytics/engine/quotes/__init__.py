"""What a quote does to its bars: the price that counts, the parts that it updates, and whether it is set aside."""
