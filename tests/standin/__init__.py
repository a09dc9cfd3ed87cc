"""A server on 127.0.0.1 with the protocols of Yahoo, Binance, CoinGecko, Alpha Vantage and Finnhub.

It is not a mock: the sources under test use HTTP and WebSocket as with the real providers. Faults can be switched on.

    market = Market(Clock(datetime(2024, 7, 10, 15, 0, tzinfo=UTC)))
    with StandIn(market) as standin:
        ... load the settings with standin.settings, start a source ...
        standin.quote("AAPL", 229.87, size=40)
        standin.answer_with(Fault.status(429, retry_after=2), path="yahoo/v8")
        standin.streams.abort()
"""

from tests.standin.answers import ALPHA_VANTAGE_NOTE, Answer, Fault, Request
from tests.standin.instrument import AAPL, BITCOIN, NVDA, SAMPLE, TOYOTA, Instrument, coins
from tests.standin.market import Clock, Day, Market, Trade
from tests.standin.server import StandIn
from tests.standin.streams import StandInConnection
from tests.standin.walk import Bars

__all__ = [
    "AAPL",
    "ALPHA_VANTAGE_NOTE",
    "BITCOIN",
    "NVDA",
    "SAMPLE",
    "TOYOTA",
    "Answer",
    "Bars",
    "Clock",
    "Day",
    "Fault",
    "Instrument",
    "Market",
    "Request",
    "StandIn",
    "StandInConnection",
    "Trade",
    "coins",
]
