"""One symbol with its sources, its findings and its watermark: pure, with given times."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from producer.live.deduplication import KnownOfSymbol
from producer.live.followed import MISSES, Followed
from producer.live.quality.finding import Finding
from producer.live.quality.health import SourceHealth
from shared.calendars.calendars import calendar_of
from shared.market.listings import Listing
from shared.market.records import Quote

NOON = datetime(2024, 7, 10, 12, tzinfo=UTC).timestamp()
YAHOO, BINANCE = Listing("yahoo", "A"), Listing("binance", "A")


def quote(second: float, price: float = 100.0, source: str = "yahoo", **fields: object) -> Quote:
    """A quote so many seconds after noon, received when it happened."""
    at = datetime.fromtimestamp(NOON + second, UTC)
    values = {"symbol": "A", "event_time": at, "price": price, "source": source, "position": 0}
    return Quote(**{**values, "received_time": at, **fields})  # type: ignore[arg-type]


def followed(*listings: Listing) -> Followed:
    """A symbol without a past to fetch."""
    return Followed(
        "A", listings or (YAHOO,), KnownOfSymbol(NOON - 1), has_history=False, grace=2.0, threshold=0.01
    )


def take(symbol: Followed, given: Quote, *, polled: bool = False, streams: bool = True) -> list[Quote]:
    return symbol.take(given.source, given, given.received_time.timestamp(), polled, streams)


def found(symbol: Followed) -> list[tuple[str, bool]]:
    """The findings since the last look."""
    findings = [(finding.kind, finding.is_raised) for finding in symbol.findings]
    symbol.findings.clear()
    return findings


def miss(symbol: Followed, times: int, source: str = "yahoo") -> None:
    for second in range(times):
        symbol.missed(source, NOON + 60 + second)


def test_symbol_left_out_of_three_answers_is_delisted_and_one_that_comes_back_is_not() -> None:
    symbol = followed()
    take(symbol, quote(1))
    miss(symbol, MISSES - 1)
    assert (symbol.unknown, found(symbol)) == (None, [])
    miss(symbol, 5)
    assert found(symbol) == [("delisted", True)]
    assert "yahoo has no quote of A" in str(symbol.unknown)
    take(symbol, quote(100))
    assert (symbol.unknown, found(symbol)) == (None, [("delisted", False)])


def test_symbol_that_never_had_a_quote_is_unknown_without_an_alert() -> None:
    symbol = followed()
    miss(symbol, MISSES)
    assert symbol.unknown is not None
    assert found(symbol) == []


def test_standby_that_has_the_symbol_does_not_hide_that_the_first_choice_lost_it() -> None:
    symbol = followed(YAHOO, BINANCE)
    take(symbol, quote(1))
    for second in range(MISSES):
        symbol.missed("yahoo", NOON + second)
        take(symbol, quote(2 + second, source="binance"))
    assert symbol.unknown is not None


def test_standby_that_lacks_the_symbol_is_no_news() -> None:
    symbol = followed(YAHOO, BINANCE)
    take(symbol, quote(1))
    miss(symbol, MISSES, "binance")
    assert symbol.unknown is None


def test_change_of_currency_is_reported_once_and_ends_when_the_first_one_is_back() -> None:
    symbol = followed()
    assert take(symbol, quote(1, 308.0, currency="GBp"))
    assert take(symbol, quote(2, 3.08, currency="GBP")) == []
    assert take(symbol, quote(3, 3.09)) == [], "a quote that names none is in the one named last"
    assert take(symbol, quote(4, 3.1, currency="GBP")) == []
    (raised,) = symbol.findings
    assert raised == Finding(
        "A", "currency", True, NOON + 2, detail="quotes in GBP are rejected: the prices so far are in GBp"
    )
    assert symbol.deduplicator.refused == 3
    symbol.findings.clear()
    assert take(symbol, quote(5, 309.0, currency="GBp"))
    assert take(symbol, quote(6, 309.5))[0].currency == "GBp"
    assert found(symbol) == [("currency", False)]


def test_poll_reveals_a_change_of_currency_that_the_stream_leaves_out() -> None:
    symbol = followed()
    take(symbol, quote(1, 308.0, currency="GBp", previous_close=300.0))
    take(symbol, quote(2, 3.08, currency="GBP", previous_close=3.0), polled=True)
    assert found(symbol) == [("currency", True)]
    assert take(symbol, quote(3, 3.09)) == []
    take(symbol, quote(4, 308.0, currency="GBp"), polled=True)
    (back,) = take(symbol, quote(5, 308.5))
    assert (back.price, back.previous_close) == (308.5, 300.0)


def health(contact: float) -> SourceHealth:
    source = SourceHealth(streams=True)
    source.received(contact, was_asked=False)
    return source


def tick(symbol: Followed, second: float) -> list[Quote]:
    now = NOON + second
    return symbol.tick(now, {"yahoo": health(now), "binance": health(now)})


def test_standby_takes_over_with_its_quotes_since_then_and_the_primary_comes_back() -> None:
    symbol = followed(YAHOO, BINANCE)
    symbol.tick(NOON, {"yahoo": health(NOON), "binance": health(NOON)})
    take(symbol, quote(1))
    published: list[Quote] = []
    for second in range(2, 40):
        assert take(symbol, quote(second, 100 + second / 100, "binance")) == [] or published
        published += tick(symbol, second)
    assert symbol.failover.active_source == "binance"
    assert [each.price for each in published] == [
        100 + second / 100 for second in range(2, 2 + len(published))
    ]
    assert len(published) >= 25
    assert found(symbol) == [("failover", True)]
    for second in range(40, 60):
        take(symbol, quote(second, 100.4))
        tick(symbol, second)
    assert symbol.failover.active_source == "yahoo"
    assert found(symbol) == [("failover", False)]


def test_sources_that_differ_raise_one_alert_with_the_difference() -> None:
    symbol = followed(YAHOO, BINANCE)
    for second in range(1, 30):
        take(symbol, quote(second, 100.0))
        take(symbol, quote(second, 104.0, "binance"))
        tick(symbol, second)
    (raised,) = symbol.findings
    assert (raised.kind, raised.is_raised, raised.detail) == (
        "disagreement",
        True,
        "yahoo and binance differ",
    )
    assert raised.value == pytest.approx(4 / 104)
    assert raised.threshold == 0.01


NEW_YORK_DAYS = {
    "the hour that is missing": ("2024-03-10T06:30", "2024-03-10T08:30"),
    "the hour that comes twice": ("2024-11-03T05:30", "2024-11-03T07:30"),
}


@pytest.mark.parametrize("name", ["pre", "regular"])
@pytest.mark.parametrize("switch", ["2024-03-10", "2024-11-03"])
def test_session_of_the_monday_after_the_clocks_change_opens_by_local_time(switch: str, name: str) -> None:
    calendar = calendar_of("NMS")
    saturday = int(datetime.fromisoformat(switch).replace(tzinfo=UTC).timestamp()) - 43_200
    local = {"pre": 4, "regular": 9.5}[name]
    opens = next(
        second for second in range(saturday, saturday + 4 * 86_400, 1800) if calendar.at(second).name == name
    )
    moment = datetime.fromtimestamp(opens, calendar.zone)
    assert (moment.weekday(), moment.hour + moment.minute / 60) == (0, local)


@pytest.mark.parametrize("night", NEW_YORK_DAYS)
def test_coin_has_every_minute_of_the_night_the_clocks_change_once(night: str) -> None:
    begins, ends = (
        int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) for text in NEW_YORK_DAYS[night]
    )
    symbol = Followed("A", (YAHOO,), KnownOfSymbol(begins - 1), has_history=False, grace=2.0, threshold=0.01)
    published: list[Quote] = []
    for second in range(begins, ends, 60):
        at = datetime.fromtimestamp(second, UTC)
        sent = quote(0, 100.0 + second % 7, exchange="CCC", event_time=at, received_time=at)
        published += take(symbol, sent)
    minutes = [each.event_time.timestamp() for each in published]
    assert len(minutes) == (ends - begins) // 60
    assert {later - earlier for earlier, later in pairwise(minutes)} == {60.0}


def test_volume_of_the_day_is_reset_at_the_sessions_opening() -> None:
    symbol = followed()
    day = 86_400
    published = [
        *take(symbol, quote(2 * 3600, 1.0, exchange="NMS", day_volume=5_000.0)),
        *take(symbol, quote(2 * 3600 + 60, 1.1, exchange="NMS", day_volume=5_200.0)),
        *take(symbol, quote(2 * 3600 + day, 1.2, exchange="NMS", day_volume=300.0)),
        *take(symbol, quote(2 * 3600 + day + 60, 1.3, exchange="NMS", day_volume=350.0)),
        *take(symbol, quote(2 * 3600 + day + 120, 1.4, exchange="NMS", day_volume=340.0)),
        *take(symbol, quote(2 * 3600 + day + 180, 1.5, exchange="NMS", day_volume=400.0)),
    ]
    assert [each.size for each in published] == [None, 200.0, 300.0, 50.0, None, 50.0]
