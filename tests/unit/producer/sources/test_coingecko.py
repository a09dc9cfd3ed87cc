"""CoinGecko: one request for all coins, and no value that is not in the answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event

import pytest

from producer.sources.coingecko import CoinGecko
from shared.errors import Refused, SourceDown, SourceError, Throttled, UnknownSymbol
from shared.settings.provider_settings import Providers
from tests.slowness import PATIENCE
from tests.standing_clock import standing_at
from tests.unit.local_http import Asked, Local, Reply, answering

NOW = datetime(2024, 3, 25, 10, 0, tzinfo=UTC)
PRICED_AT = datetime(2024, 3, 25, 9, 58, 20, tzinfo=UTC)
PRICES = {
    "bitcoin": {"usd": 67187.3358936566, "last_updated_at": 1711360700},
    "shiba-inu": {"usd": 2.7614e-05, "last_updated_at": 1711360700},
}
BITCOIN = {
    "id": "bitcoin",
    "symbol": "btc",
    "name": "Bitcoin",
    "market_data": {"current_price": {"usd": 67187, "eur": 62000}},
}


def coingecko(url: str) -> CoinGecko:
    settings = Providers(coingecko_url=url, coingecko_requests=10_000, http_timeout=PATIENCE)
    return CoinGecko(settings, standing_at(NOW), Event())


@contextmanager
def provider_answering(reply: Reply) -> Iterator[tuple[CoinGecko, Local]]:
    with answering(lambda _: reply) as local:
        yield coingecko(local.url + "/api/v3"), local


def test_all_coins_are_one_request() -> None:
    with provider_answering(Reply(PRICES)) as (provider, local):
        received = provider.poll(["BITCOIN", "Shiba-Inu"])
    assert [(q.symbol, q.price, q.event_time) for q in received.quotes] == [
        ("BITCOIN", 67187.3358936566, PRICED_AT),
        ("Shiba-Inu", 2.7614e-05, PRICED_AT),
    ]
    assert local.asked == [
        Asked(
            "/api/v3/simple/price",
            {
                "ids": "bitcoin,shiba-inu",
                "vs_currencies": "usd",
                "include_last_updated_at": "true",
                "precision": "full",
            },
        )
    ]


def test_price_is_in_dollars_of_a_market_that_never_closes_and_has_no_volume_of_a_day() -> None:
    with provider_answering(Reply(PRICES)) as (provider, _):
        [quote] = provider.poll(["BITCOIN"]).quotes
    assert (quote.currency, quote.exchange, quote.day_volume, quote.size) == ("USD", None, None, None)
    assert (quote.source, quote.position, quote.received_time) == ("coingecko", 0, NOW)


def test_unknown_coin_is_left_out_of_a_poll() -> None:
    with provider_answering(Reply(PRICES)) as (provider, _):
        received = provider.poll(["NO-SUCH-COIN", "BITCOIN"])
    assert [quote.symbol for quote in received.quotes] == ["BITCOIN"]
    assert received.refused == 0


@pytest.mark.parametrize(
    "answer",
    [
        {"usd": None, "last_updated_at": 1711360700},
        {"usd": 1.5, "last_updated_at": None},
        {"usd": 0, "last_updated_at": 1711360700},
        {"usd": 1.5, "last_updated_at": 1711999999},
        {},
        None,
    ],
)
def test_coin_without_a_price_or_its_time_is_refused_and_spoils_no_other(answer: object) -> None:
    with provider_answering(Reply(PRICES | {"dead": answer})) as (provider, _):
        received = provider.poll(["DEAD", "BITCOIN"])
    assert [quote.symbol for quote in received.quotes] == ["BITCOIN"]
    assert received.refused == 1


def test_company_is_the_coin_with_decimals_by_its_price() -> None:
    with provider_answering(Reply(BITCOIN)) as (provider, local):
        company = provider.company("BITCOIN")
    assert local.asked[0].path == "/api/v3/coins/bitcoin"
    assert (company.symbol, company.name, company.currency, company.decimals) == (
        "BITCOIN",
        "Bitcoin",
        "USD",
        2,
    )


def test_cheap_coin_is_shown_with_as_many_decimals_as_it_takes() -> None:
    shiba = BITCOIN | {"name": "Shiba Inu", "market_data": {"current_price": {"usd": 2.7614e-05}}}
    with provider_answering(Reply(shiba)) as (provider, _):
        assert provider.company("SHIBA-INU").decimals == 10


def test_unknown_coin_has_no_company() -> None:
    with (
        provider_answering(Reply({"error": "coin not found"}, 404)) as (provider, _),
        pytest.raises(UnknownSymbol),
    ):
        provider.company("NO-SUCH-COIN")


def test_too_many_requests_are_throttled_for_as_long_as_the_provider_demands() -> None:
    reply = Reply({"status": {"error_code": 429}}, 429, (("Retry-After", "57"),))
    with provider_answering(reply) as (provider, _), pytest.raises(Throttled) as raised:
        provider.poll(["BITCOIN"])
    assert raised.value.retry_after == 57


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply("<html>hello</html>"), SourceDown),
        (Reply(""), SourceDown),
        (Reply([1, 2]), SourceDown),
        (Reply("busy", 503), SourceDown),
        (Reply({"error": "bad"}, 400), SourceDown),
        (Reply({"error": "no"}, 403), Refused),
    ],
)
def test_error_of_an_answer_without_prices_names_what_to_do_next(
    reply: Reply, error: type[SourceError]
) -> None:
    with provider_answering(reply) as (provider, _), pytest.raises(error):
        provider.poll(["BITCOIN"])


def test_description_that_is_unreadable_is_a_failing_provider() -> None:
    with provider_answering(Reply({"name": 5})) as (provider, _), pytest.raises(SourceDown):
        provider.company("BITCOIN")


def test_there_is_no_stream_no_history_and_no_numbered_trade() -> None:
    provider = coingecko("http://127.0.0.1:1")
    assert not provider.streams
    assert not provider.has_history
    assert list(provider.history("BITCOIN", None, NOW)) == []
    assert list(provider.trades_after("BITCOIN", 1)) == []
    with pytest.raises(Refused):
        provider.connect(["BITCOIN"])
