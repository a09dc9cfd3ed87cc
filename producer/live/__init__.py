"""Live quotes: merges many connections into one sequence of records."""
