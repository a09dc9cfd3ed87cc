"""An exchange that is closed on a day on which the calendar has a session, such as Hong Kong in a storm."""

import msgspec

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from producer.live.followed import Followed
from producer.live.quality.health import SourceHealth
from producer.live.quality.symbol_condition import condition_of
from producer.sources.yahoo.quotes import read
from shared.errors import StreamSilent
from shared.market.listings import Listing
from shared.market.records import Record
from tests.inputs.records import (
    folded,
    mark,
    moment,
    recorded_bar,
    second,
)
from tests.reports.sessions.mumbai_saturday import take

TYPHOON = second("2026-07-14T03:00")
"""A Tuesday morning in Hong Kong on which the calendar has a session."""
MOURNING = second("2026-07-14T15:00")
"""The same day in New York, an hour and a half into its session."""


def shut(
    state: str, symbol: str = "0700.HK", exchange: str = "HKG", now: int = TYPHOON
) -> tuple[Followed, SourceHealth]:
    """A share whose stream is silent, and for which a poll returns Monday's values."""
    row = {
        "symbol": symbol,
        "exchange": exchange,
        "quoteType": "EQUITY",
        "regularMarketPrice": 400.0,
        "regularMarketTime": now - 86_400,
        "marketState": state,
    }
    received = read([row], [symbol], moment(now))
    followed = Followed(symbol, (Listing("yahoo", symbol),), None, False, 2.0, 0.01)
    take(followed, msgspec.structs.replace(received.quotes[0], received_time=moment(now - 7200)))
    followed.is_closed_by_source = symbol in received.closed
    health = SourceHealth(streams=True)
    health.connected()
    health.lost(StreamSilent("yahoo sent nothing for 31 s"), True, now + 20)
    health.received(now, was_asked=True)
    return followed, health


def test_day_on_which_a_storm_closes_the_exchange_is_closed_if_its_source_reports_it() -> None:
    """Scenario: the calendar has a session, the exchange stays closed: "stream silent" was shown all day."""
    followed, health = shut("CLOSED")
    condition = condition_of(followed, health, TYPHOON)
    assert (condition.state, condition.cause) == ("closed", "market closed")
    assert condition.detail == "yahoo reports the exchange as closed, although its calendar has a session"
    assert condition.opens_at == second("2026-07-15T01:30")
    followed, health = shut("REGULAR")
    assert condition_of(followed, health, TYPHOON).cause == "stream silent"
    assert condition_of(followed, health, TYPHOON + 8 * 3600).cause == "market closed", (
        "until the session ends"
    )


def test_share_of_new_york_that_its_source_calls_closed_opens_on_the_next_day() -> None:
    """Scenario: a day of mourning; the page counted down to the opening of the same morning."""
    followed, health = shut("CLOSED", "AAPL", "NMS", MOURNING)
    condition = condition_of(followed, health, MOURNING)
    assert (condition.cause, condition.opens_at) == ("market closed", second("2026-07-15T13:30"))


def test_day_without_a_bar_of_the_source_makes_none() -> None:
    """Scenario: the same day in bars: no gap is reported, no bar is invented, and the next day goes on."""
    followed, health = shut("CLOSED")
    followed.tick(TYPHOON, {"yahoo": health})
    gaps = followed.timeline.gaps
    for minute in range(300):
        now = TYPHOON + 60.0 * minute
        health.received(now, was_asked=True)
        assert followed.tick(now, {"yahoo": health}) == []
    assert followed.timeline.gaps == gaps
    monday, wednesday = (second(f"2026-07-{date:02}T01:30") for date in (13, 15))
    records: list[Record] = [recorded_bar(monday, "1d", (2.0, 3.0, 1.0, 2.0), 5.0, "HKG")]
    records += [mark(TYPHOON + 60 * minute, "A") for minute in range(300)]
    records += [recorded_bar(wednesday, "1d", (2.0, 3.0, 1.0, 2.5), 5.0, "HKG"), mark(wednesday + 86_400)]
    events = folded(Engine(EngineSettings()), records)
    assert [(bar.interval, bar.start) for bar in (each.closed.bar for each in events)] == [
        ("1d", monday),
        ("1d", wednesday),
    ]
