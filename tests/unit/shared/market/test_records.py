"""Valid and invalid values of records."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from shared.market.prices import PRICE_LIMIT
from shared.market.records import Quote, RecordedBar, TimeMark
from tests.inputs.records import split

NOON = datetime(2024, 1, 3, 12, tzinfo=UTC)


def quote(**changes: Any) -> Quote:
    fields = {
        "symbol": "A",
        "event_time": NOON,
        "price": 1.0,
        "source": "s",
        "position": 0,
        "received_time": NOON,
    }
    return Quote(**{**fields, **changes})


def bar(**changes: Any) -> RecordedBar:
    prices = {"open": 2.0, "high": 3.0, "low": 1.0, "close": 2.5}
    place = {
        "symbol": "A",
        "interval": "1m",
        "start": NOON,
        "source": "s",
        "position": 0,
        "received_time": NOON,
    }
    return RecordedBar(**{**prices, **place, **changes})


@pytest.mark.parametrize("price", [0.0, -0.0, -1.0, float("nan"), float("inf"), -float("inf"), PRICE_LIMIT])
def test_price_that_can_not_be_true_is_refused(price: float) -> None:
    with pytest.raises(ValueError, match="not a finite positive number"):
        quote(price=price)


@pytest.mark.parametrize("price", [5e-324, 1 / PRICE_LIMIT])
def test_price_so_small_that_its_ratio_to_others_is_not_finite_is_refused(price: float) -> None:
    with pytest.raises(ValueError, match="not a finite positive number"):
        quote(price=price)


@pytest.mark.parametrize("price", [1e-12, 0.0001, 65_000.01, 9e14])
def test_price_of_any_real_market_is_taken(price: float) -> None:
    assert quote(price=price).price == price


def test_event_may_lie_five_seconds_after_its_receipt_and_no_more() -> None:
    assert quote(event_time=NOON + timedelta(seconds=5)).received_time == NOON
    with pytest.raises(ValueError, match="from the future"):
        quote(event_time=NOON + timedelta(seconds=5, microseconds=1))


@pytest.mark.parametrize("record", [quote, bar])
def test_nothing_was_received_before_1970(record: Any) -> None:
    start = "start" if record is bar else "event_time"
    with pytest.raises(ValueError, match="before 1970"):
        record(**{start: datetime(1969, 12, 31, 23, 59, tzinfo=UTC)})
    with pytest.raises(ValueError, match=r"received time .* before 1970"):
        record(
            **{start: datetime(1970, 1, 1, tzinfo=UTC)},
            received_time=datetime(1969, 12, 31, 23, 59, 57, tzinfo=UTC),
        )


def test_time_mark_obeys_the_rules_of_time_too() -> None:
    with pytest.raises(ValueError, match="from the future"):
        TimeMark(time=NOON + timedelta(seconds=6), source="s", position=0, received_time=NOON)


def test_split_that_is_only_announced_does_not_take_the_time_of_its_symbol_with_it() -> None:
    assert split(NOON.timestamp(), 7.0).value == 7.0
    with pytest.raises(ValueError, match="from the future"):
        msgspec.structs.replace(split(NOON.timestamp(), 7.0), time=NOON + timedelta(days=1))


def test_times_are_compared_as_instants_whatever_their_zone() -> None:
    same = NOON.astimezone(timezone(timedelta(hours=-11)))
    assert quote(event_time=same).event_time == NOON


@pytest.mark.parametrize(
    "prices",
    [
        {"open": 3.1},
        {"open": 0.9},
        {"close": 3.1},
        {"close": 0.9},
        {"low": 3.5},
        {"high": 0.5},
        {"open": float("nan")},
        {"close": float("nan")},
        {"high": float("inf")},
        {"low": 0.0},
    ],
)
def test_recorded_bar_holds_its_prices_between_low_and_high(prices: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"outside low|not a finite positive number"):
        bar(**prices)


@pytest.mark.parametrize(
    ("interval", "start"),
    [
        ("1s", NOON + timedelta(milliseconds=500)),
        ("1m", NOON + timedelta(seconds=30)),
        ("5m", NOON + timedelta(minutes=4)),
        ("1h", NOON + timedelta(minutes=30)),
    ],
)
def test_recorded_bar_off_its_grid_is_refused(interval: str, start: datetime) -> None:
    with pytest.raises(ValueError, match="starts at a multiple"):
        bar(interval=interval, start=start, received_time=start)


def test_recorded_day_starts_when_its_session_opens() -> None:
    start = NOON.replace(hour=14, minute=30)
    assert bar(interval="1d", start=start, received_time=start).start == start


def test_records_can_not_be_changed() -> None:
    with pytest.raises(AttributeError):
        quote().price = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(
    "symbol", ["AAPL", "BRK.B", "^GSPC", "EURUSD=X", "BTC-USD", "BINANCE:BTC/USDT", "a&b_c"]
)
def test_symbols_of_real_providers_pass(symbol: str) -> None:
    raw = msgspec.json.encode(quote(symbol=symbol))
    assert msgspec.json.decode(raw, type=Quote).symbol == symbol


@pytest.mark.parametrize(
    "symbol", ["", "A B", "A\n", "\nA", "A\t", "Ä", "A;drop", "A" * 33, "A\\N", "A\u2028"]
)
def test_symbols_that_would_break_a_row_or_a_key_do_not_pass(symbol: str) -> None:
    raw = msgspec.json.encode(quote(symbol=symbol))
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(raw, type=Quote)
