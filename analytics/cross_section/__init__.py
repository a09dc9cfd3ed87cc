"""Numbers over many symbols at once: aligned closes, correlation, beta, breadth. Pure."""
