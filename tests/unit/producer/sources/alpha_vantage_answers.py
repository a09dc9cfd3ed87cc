"""Answers of Alpha Vantage, and the provider that asks for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from typing import Any

from pydantic import SecretStr

from producer.sources.alpha_vantage.provider import AlphaVantage
from shared.settings.provider_settings import Providers
from tests.standing_clock import standing_at
from tests.unit.local_http import Asked, Local, Reply, answering

KEY = "K3Y5ECRET"
NOW = datetime(2024, 7, 10, 15, 0, 30, tzinfo=UTC)
"""A Wednesday, 11:00:30 in New York."""
PREMIUM = "This is a premium endpoint. You may subscribe to any of the premium plans to unlock all endpoints."
BAD_CALL = "Invalid API call. Please retry or visit the documentation for TIME_SERIES_INTRADAY."
Body = dict[str, Any]


def candle(price: float) -> dict[str, str]:
    return dict.fromkeys(("1. open", "2. high", "3. low", "4. close"), f"{price:.4f}") | {"5. volume": "100"}


def minutes_body(*labels: str, zone: str = "US/Eastern") -> Body:
    """An answer with these minutes; the first closes at 100, each one after it a cent lower."""
    series = {label: candle(100 - index / 100) for index, label in enumerate(labels)}
    return {"Meta Data": {"6. Time Zone": zone}, "Time Series (1min)": series}


def days_body(*labels: str) -> Body:
    series = {label: candle(50 + index) for index, label in enumerate(labels)}
    return {"Meta Data": {"5. Time Zone": "US/Eastern"}, "Time Series (Daily)": series}


def alpha_vantage(url: str, key: str = KEY) -> AlphaVantage:
    given = Providers(alphavantage_url=url, alphavantage_requests=10_000, alphavantage_api_key=SecretStr(key))
    return AlphaVantage(given, standing_at(NOW), Event())


@contextmanager
def provider_answering(answer: Callable[[Asked], Reply]) -> Iterator[tuple[AlphaVantage, Local]]:
    with answering(answer) as local:
        yield alpha_vantage(local.url), local


def always(body: object, status: int = 200) -> Callable[[Asked], Reply]:
    return lambda _: Reply(body, status)


def by_function(**bodies: object) -> Callable[[Asked], Reply]:
    return lambda asked: Reply(bodies[asked.params["function"]])
