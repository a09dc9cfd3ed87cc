"""Bars of a random walk, in which open, high, low and close differ."""

from random import Random

from shared.market.records import Bar
from tests.inputs.records import flat_bar


def random_bars(count: int, seed: int = 7) -> list[Bar]:
    """Minutes with gaps between them; every ninth one stands still at one price."""
    chance, price = Random(seed), 100.0
    bars = []
    for number in range(count):
        first = price * chance.uniform(0.995, 1.005)
        price = first * chance.uniform(0.98, 1.02) if number % 9 else first
        high = max(first, price) * (chance.uniform(1.0, 1.01) if number % 9 else 1.0)
        low = min(first, price) * (chance.uniform(0.99, 1.0) if number % 9 else 1.0)
        whole = flat_bar(price)._replace(
            open=first, high=high, low=low, start=60 * number, end=60 * number + 60
        )
        bars.append(whole._replace(volume=float(chance.randint(0, 1000))))
    return bars
