"""What a viewer of the page waits for, measured in a real browser."""
