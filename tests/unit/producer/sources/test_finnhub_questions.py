"""Finnhub's answers to requests: zeros mean an unknown symbol, an empty profile means no company data."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event

import pytest
from pydantic import SecretStr

from producer.sources.finnhub.provider import Finnhub
from shared.errors import Refused, SourceDown, SourceError, Throttled, UnknownSymbol
from shared.settings.provider_settings import Providers
from tests.standing_clock import standing_at
from tests.unit.local_http import Asked, Local, Reply, answering

KEY = "K3Y5ECRET"
NOW = datetime(2023, 3, 31, 18, 15, 45, tzinfo=UTC)
LAST = {
    "c": 164.06,
    "d": 1.7,
    "dp": 1.05,
    "h": 164.2,
    "l": 161.91,
    "o": 162.44,
    "pc": 162.36,
    "t": 1680286538,
}
UNKNOWN = {"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0}
APPLE = {"name": "Apple Inc", "currency": "USD", "finnhubIndustry": "Technology", "ticker": "AAPL"}
NO_ACCESS = Reply({"error": "You don't have access to this resource."}, 403)

Answers = Callable[[Asked], Reply]


@contextmanager
def provider_answering(answer: Answers) -> Iterator[tuple[Finnhub, Local]]:
    with answering(answer) as local:
        settings = Providers(finnhub_url=local.url, finnhub_requests=10_000, finnhub_api_key=SecretStr(KEY))
        yield Finnhub(settings, standing_at(NOW), Event()), local


def always(body: object, status: int = 200) -> Answers:
    return lambda _: Reply(body, status)


def by_symbol(**replies: Reply) -> Answers:
    return lambda asked: replies[asked.params["symbol"]]


def by_path(quote: object, profile: object) -> Answers:
    return lambda asked: Reply(quote if asked.path == "/quote" else profile)


def test_last_price_carries_what_is_known_of_the_day() -> None:
    with provider_answering(always(LAST)) as (provider, local):
        [quote] = provider.poll(["AAPL"]).quotes
    assert (quote.symbol, quote.price, quote.size, quote.exchange) == ("AAPL", 164.06, None, "XNYS")
    assert quote.event_time == datetime(2023, 3, 31, 18, 15, 38, tzinfo=UTC)
    assert (quote.day_open, quote.day_high, quote.day_low) == (162.44, 164.2, 161.91)
    assert quote.previous_close == 162.36
    assert local.asked == [Asked("/quote", {"symbol": "AAPL", "token": KEY})]


def test_zero_of_a_day_without_trades_yet_is_no_figure() -> None:
    with provider_answering(always(LAST | {"o": 0, "h": 0, "l": None})) as (provider, _):
        [quote] = provider.poll(["AAPL"]).quotes
    assert (quote.day_open, quote.day_high, quote.day_low) == (None, None, None)


def test_unknown_symbol_is_left_out_of_a_poll() -> None:
    with provider_answering(by_symbol(NONE=Reply(UNKNOWN), AAPL=Reply(LAST))) as (provider, _):
        received = provider.poll(["NONE", "AAPL"])
    assert [quote.symbol for quote in received.quotes] == ["AAPL"]
    assert received.refused == 0


@pytest.mark.parametrize("answer", [None, [], {"c": "x"}, LAST | {"t": 1680999999}, LAST | {"c": -1}])
def test_answer_that_is_no_quote_is_refused_and_spoils_no_other(answer: object) -> None:
    with provider_answering(by_symbol(ODD=Reply(answer), AAPL=Reply(LAST))) as (provider, _):
        received = provider.poll(["ODD", "AAPL"])
    assert [quote.symbol for quote in received.quotes] == ["AAPL"]
    assert received.refused == 1


def test_symbol_beyond_the_rights_of_the_key_affects_no_other() -> None:
    answers = {"VOD.L": NO_ACCESS, "AAPL": Reply(LAST)}
    with provider_answering(by_symbol(**answers)) as (provider, _):
        assert [quote.symbol for quote in provider.poll(["VOD.L", "AAPL"]).quotes] == ["AAPL"]
        with pytest.raises(Refused):
            provider.poll(["VOD.L"])


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"error": f"Invalid API key {KEY}"}, 401, Refused),
        ({"error": "API limit reached."}, 429, Throttled),
        ("<html>hello</html>", 200, SourceDown),
        ("", 200, SourceDown),
        (f"busy with {KEY}", 502, SourceDown),
    ],
)
def test_fault_names_what_to_do_next_and_never_the_key(
    body: object, status: int, error: type[SourceError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with provider_answering(always(body, status)) as (provider, _), pytest.raises(error) as raised:
        provider.poll(["AAPL"])
    assert KEY not in f"{raised.value!r} {raised.value} {caplog.text}"


def test_company_has_the_fields_of_the_profile() -> None:
    with provider_answering(by_path(LAST, APPLE)) as (provider, local):
        company = provider.company("AAPL")
    assert (company.name, company.industry, company.currency) == ("Apple Inc", "Technology", "USD")
    assert (company.exchange, company.time_zone, company.decimals) == ("XNYS", "America/New_York", 2)
    assert [asked.path for asked in local.asked] == ["/stock/profile2"]


def test_fund_has_a_price_and_an_empty_profile() -> None:
    with provider_answering(by_path(LAST, {})) as (provider, _):
        company = provider.company("SPY")
    assert (company.symbol, company.name, company.decimals) == ("SPY", None, 2)


def test_currency_pair_is_shown_with_the_decimals_of_its_price() -> None:
    with provider_answering(by_path(LAST | {"c": 1.08451}, {})) as (provider, local):
        company = provider.company("OANDA:EUR_USD")
    assert (company.exchange, company.time_zone, company.decimals) == ("CCY", "UTC", 5)
    assert [asked.path for asked in local.asked] == ["/quote"]


@pytest.mark.parametrize(
    ("quote", "profile", "error"),
    [(UNKNOWN, {}, UnknownSymbol), (LAST | {"c": -1}, {}, SourceDown), (LAST, [], SourceDown)],
)
def test_error_of_an_unknown_company_names_the_reason(
    quote: object, profile: object, error: type[SourceError]
) -> None:
    with provider_answering(by_path(quote, profile)) as (provider, _), pytest.raises(error):
        provider.company("NONE")


def test_symbol_that_is_not_taken_is_unknown() -> None:
    answer = always({"error": "Symbol not supported"}, 422)
    with provider_answering(answer) as (provider, _), pytest.raises(UnknownSymbol):
        provider.company("NONE")


def test_there_is_no_history_and_no_numbered_trade() -> None:
    with provider_answering(always({})) as (provider, local):
        assert not provider.has_history
        assert list(provider.history("AAPL", None, NOW)) == []
        assert list(provider.trades_after("AAPL", 1)) == []
    assert local.asked == []
