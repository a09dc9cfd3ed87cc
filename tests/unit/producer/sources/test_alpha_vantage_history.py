"""Alpha Vantage's history: days and minutes."""

from datetime import UTC, datetime, timedelta

import pytest

from producer.sources.alpha_vantage.provider import AlphaVantage
from shared.errors import UnknownSymbol
from shared.market.records import RecordedBar
from tests.unit.producer.sources.alpha_vantage_answers import (
    BAD_CALL,
    NOW,
    PREMIUM,
    always,
    by_function,
    days_body,
    minutes_body,
    provider_answering,
)


def history(provider: AlphaVantage, after: datetime | None = None) -> list[RecordedBar]:
    slices = list(provider.history("IBM", after, NOW))
    assert [(part.done, part.total) for part in slices] == [(1, 2), (2, 2)]
    return [bar for part in slices for bar in part.records if isinstance(bar, RecordedBar)]


PAST = by_function(
    TIME_SERIES_DAILY=days_body("2024-07-10", "2024-07-09", "2024-07-08"),
    TIME_SERIES_INTRADAY=minutes_body("2024-07-10 10:59:00", "2024-07-09 15:59:00", "2024-07-09 09:30:00"),
)


def test_history_is_days_and_minutes_in_order_the_longer_first() -> None:
    with provider_answering(PAST) as (provider, _):
        bars = history(provider)
    assert [(bar.interval, f"{bar.start:%d %H:%M}") for bar in bars] == [
        ("1d", "08 13:30"),
        ("1d", "09 13:30"),
        ("1m", "09 13:30"),
        ("1m", "09 19:59"),
        ("1m", "10 14:59"),
    ]


def test_history_after_a_time_holds_only_what_starts_later() -> None:
    last = datetime(2024, 7, 9, 19, 59, tzinfo=UTC)
    with provider_answering(PAST) as (provider, _):
        assert [bar.start for bar in history(provider, last)] == [last + timedelta(hours=19)]


def test_key_that_opens_no_minutes_still_gives_days() -> None:
    answer = by_function(
        TIME_SERIES_DAILY=days_body("2024-07-09"), TIME_SERIES_INTRADAY={"Information": PREMIUM}
    )
    with provider_answering(answer) as (provider, _):
        assert [bar.interval for bar in history(provider)] == ["1d"]


def test_history_of_an_unknown_symbol_is_refused() -> None:
    unknown = always({"Error Message": BAD_CALL})
    with provider_answering(unknown) as (provider, _), pytest.raises(UnknownSymbol):
        list(provider.history("NONE", None, NOW))
