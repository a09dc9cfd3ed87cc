"""Live quotes: many connections in, one sequence of records out."""
