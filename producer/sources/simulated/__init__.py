"""A market generated from a seed: a quote depends only on seed, symbol and event time."""

from producer.sources.simulated.market import SimulatedMarket

__all__ = ["SimulatedMarket"]
