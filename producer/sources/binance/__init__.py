"""Binance: every trade of a pair of coins, numbered, and its past, without a key.

https://developers.binance.com/docs/binance-spot-api-docs
"""

from producer.sources.binance.provider import Binance

__all__ = ["Binance"]
