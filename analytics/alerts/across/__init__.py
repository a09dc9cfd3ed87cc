"""Pure: rules that compare symbols, judged over the closed bars of all of them."""
