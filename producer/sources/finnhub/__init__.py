"""Finnhub: its stream and answers, and what its numbers of sale conditions mean."""
