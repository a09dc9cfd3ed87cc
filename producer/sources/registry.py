"""All providers of live data by their names in SOURCES. To add one, add a module here and a line below."""

from collections.abc import Callable
from threading import Event

from producer.sources.alpha_vantage.provider import AlphaVantage
from producer.sources.binance import Binance
from producer.sources.coingecko import CoinGecko
from producer.sources.finnhub.provider import Finnhub
from producer.sources.provider import Provider
from producer.sources.yahoo import Yahoo
from producer.transport.provider_clock import ProviderClock
from shared.errors import ConfigError
from shared.settings.provider_settings import Providers

PROVIDERS: dict[str, Callable[[Providers, ProviderClock, Event], Provider]] = {
    "yahoo": Yahoo,
    "binance": Binance,
    "coingecko": CoinGecko,
    "alphavantage": AlphaVantage,
    "finnhub": Finnhub,
}


def provider(name: str, providers: Providers, clock: ProviderClock, stop: Event) -> Provider:
    """Create the provider with this name, without connecting. `stop` ends its waits.

    Raises ConfigError if it does not exist, or if its key is missing.
    """
    if name not in PROVIDERS:
        raise ConfigError(
            f"{name} is not a provider of live data: the known ones are {', '.join(PROVIDERS)}."
        )
    return PROVIDERS[name](providers, clock, stop)
