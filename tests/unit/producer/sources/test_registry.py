"""The registry: every provider that SOURCES may name, created without a connection."""

from datetime import UTC, datetime
from threading import Event

import pytest
from pydantic import SecretStr

from producer.sources.provider import Provider
from producer.sources.registry import PROVIDERS, provider
from shared.errors import ConfigError
from shared.market import listings
from shared.settings.provider_settings import Providers
from tests.standing_clock import standing_at

KEY = "K3Y5ECRET"
NOWHERE = "http://127.0.0.1:1"
KEYED = {"finnhub": "FINNHUB_API_KEY", "alphavantage": "ALPHAVANTAGE_API_KEY"}


def made(name: str, key: str = KEY) -> Provider:
    """The provider of that name; whatever it asks is refused by a port where nobody listens."""
    settings = Providers(
        yahoo_url=NOWHERE,
        yahoo_cookie_url=NOWHERE,
        binance_url=NOWHERE,
        coingecko_url=NOWHERE,
        alphavantage_url=NOWHERE,
        finnhub_url=NOWHERE,
        alphavantage_api_key=SecretStr(key),
        finnhub_api_key=SecretStr(key),
    )
    return provider(name, settings, standing_at(datetime(2024, 7, 10, 15, 0, tzinfo=UTC)), Event())


def test_every_provider_that_sources_may_name_is_there() -> None:
    assert tuple(PROVIDERS) == listings.PROVIDERS


@pytest.mark.parametrize("name", PROVIDERS)
def test_provider_is_made_by_its_name_and_shows_no_key(name: str) -> None:
    there = made(name)
    assert there.name == name
    assert there.silent_after > 0
    assert KEY not in repr(there)


@pytest.mark.parametrize("name", [name for name in PROVIDERS if name not in KEYED])
def test_provider_that_needs_no_key_is_made_without_one(name: str) -> None:
    assert made(name, key="").name == name


@pytest.mark.parametrize("name", KEYED)
def test_error_of_a_provider_without_its_key_names_the_setting(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{KEYED[name]} is empty: {name} needs a key, get one at "):
        made(name, key="")


def test_unknown_provider_is_answered_with_the_known_ones() -> None:
    with pytest.raises(
        ConfigError, match=r"yaho is not a .* yahoo, binance, coingecko, alphavantage, finnhub"
    ):
        made("yaho")
