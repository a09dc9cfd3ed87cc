"""Pure: rules that compare symbols, evaluated over the closed bars of all of them."""
