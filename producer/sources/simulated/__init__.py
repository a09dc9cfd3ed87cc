"""A market made from a seed: the same quote at the same event time, whenever and from wherever it is asked for."""

from producer.sources.simulated.market import SimulatedMarket

__all__ = ["SimulatedMarket"]
