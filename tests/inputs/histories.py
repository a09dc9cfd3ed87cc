"""Histories of closed bars: random and constructed."""

from math import exp
from random import Random

from hypothesis import strategies as st

from ml.datasets.samples import Samples, TrainingHistory, samples
from ml.models.features import RETURNS, FeatureSettings, Observation

DAY = 86_400


def walk(symbol: str, bars: int, seed: int, start: float = 100.0, sigma: float = 0.01) -> TrainingHistory:
    """A random walk of day bars that end at multiples of a day; every fifth volume is unknown."""
    draw = Random(seed)
    close, found = start, []
    for number in range(bars):
        before, close = close, close * exp(draw.gauss(0.0, sigma))
        high = max(before, close) * exp(abs(draw.gauss(0.0, sigma / 2)))
        low = min(before, close) * exp(-abs(draw.gauss(0.0, sigma / 2)))
        volume = 0.0 if number % 5 == 4 else draw.uniform(1e3, 1e6)
        found.append(Observation(close, high, low, volume))
    return TrainingHistory(symbol, [DAY * (number + 1) for number in range(bars)], found, [])


def walks(rows: int, symbols: int = 4, horizon: int = 1) -> Samples:
    """That many samples of each symbol."""
    bars = rows + RETURNS + horizon
    found = [walk(f"S{number}", bars, number) for number in range(symbols)]
    return samples(found, FeatureSettings(), horizon)


@st.composite
def histories(draw: st.DrawFn) -> TrainingHistory:
    """Markets of any price that jump, stand still, trade nothing and split, also twice at one time."""
    draws = Random(draw(st.integers(0, 2**32)))
    price = draw(st.sampled_from([1e-5, 0.37, 100.0, 70_000.0]))
    jumps, rests = draw(st.sampled_from([0.0, 0.02, 0.3])), draw(st.sampled_from([0.0, 0.5, 0.97]))
    made_at, found, now = [], [], 0
    for _ in range(draw(st.integers(1, 160))):
        now += draws.choice([60, 60, 60, 3600])
        if draws.random() >= rests:
            price *= exp(draws.gauss(0.0, 0.01)) * (
                draws.choice([0.1, 10.0]) if draws.random() < jumps else 1.0
            )
        edges = [price, price * exp(draws.gauss(0.0, 0.01)), price]
        volume = draws.choice([0.0, 1.0, draws.uniform(0.0, 1e9)])
        made_at.append(now)
        found.append(Observation(price, max(edges), min(edges), volume))
    times = sorted(draw(st.lists(st.integers(0, now + 60), max_size=4)))
    ratios = st.sampled_from([7.0, 1.5, 0.05, 2.0])
    return TrainingHistory("A", made_at, found, [(time, draw(ratios)) for time in times])
