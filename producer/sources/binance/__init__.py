"""Binance: all trades of pairs of coins, with numbers, and their history, without a key.

https://developers.binance.com/docs/binance-spot-api-docs
"""

from producer.sources.binance.provider import Binance

__all__ = ["Binance"]
