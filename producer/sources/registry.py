"""Every provider of live data by its name in SOURCES. A new one is a file beside this and a line below."""

from collections.abc import Callable
from datetime import datetime
from threading import Event

from producer.sources.alpha_vantage.provider import AlphaVantage
from producer.sources.binance import Binance
from producer.sources.coingecko import CoinGecko
from producer.sources.finnhub import Finnhub
from producer.sources.provider import Provider
from producer.sources.yahoo import Yahoo
from shared.errors import ConfigError
from shared.settings.provider_settings import Providers

PROVIDERS: dict[str, Callable[[Providers, Callable[[], datetime], Event], Provider]] = {
    "yahoo": Yahoo,
    "binance": Binance,
    "coingecko": CoinGecko,
    "alphavantage": AlphaVantage,
    "finnhub": Finnhub,
}


def provider(name: str, providers: Providers, clock: Callable[[], datetime], stop: Event) -> Provider:
    """The provider of that name, with no connection yet. `stop` ends its waits.

    Raises ConfigError where there is none, or where it needs a key and has none.
    """
    if name not in PROVIDERS:
        raise ConfigError(f"{name} is no provider of live data: the known ones are {', '.join(PROVIDERS)}.")
    return PROVIDERS[name](providers, clock, stop)
