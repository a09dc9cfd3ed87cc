"""What the producer requests and publishes on a day without a session in the calendar."""

import msgspec
import pytest

from producer.live.deduplication import KnownOfSymbol
from producer.live.followed import Followed
from producer.live.look_back import SETTLED_SECONDS
from producer.live.quality.health import SourceHealth
from producer.live.quality.symbol_condition import condition_of
from producer.sources.yahoo.charts.history import spans
from shared.market.listings import Listing
from shared.market.records import Quote
from tests.inputs.records import (
    moment,
    quote,
    second,
)
from tests.reports.sessions.mumbai_saturday import ENDS, FRIDAY, MONDAY, OPENS, SATURDAY, day, take


def quote_at(at: float, price: float = 120.0, session: str | None = "regular") -> Quote:
    return msgspec.structs.replace(
        quote(at, price, exchange="NSI"), source="yahoo", session=session, currency="INR"
    )


def symbol_followed(known: KnownOfSymbol | None = None) -> Followed:
    """One whose history is in."""
    followed = Followed(
        "A", (Listing("yahoo", "A"),), known or KnownOfSymbol(SATURDAY - 60.0), True, 2.0, 0.01
    )
    followed.past_ended(None, SATURDAY - 30.0)
    followed.timeline.phase = "live"
    return followed


def ticked(followed: Followed, now: float) -> bool:
    """Whether it is time to look for late records; what was received in between left no gap."""
    health = SourceHealth(streams=True)
    health.connected()
    health.received(now, was_asked=False)
    followed.tick(now, {"yahoo": health})
    followed.timeline.phase = "live"
    if is_due := followed.is_look_due(now):
        followed.look_back.requested(now)
    return is_due


def test_producer_requests_the_day_once_it_is_over_and_until_it_is_received() -> None:
    """Scenario: no gap, so that no history was requested: the day of the special session never came."""
    followed = symbol_followed()
    ticked(followed, SATURDAY)
    take(followed, quote_at(SATURDAY + 60))
    assert not ticked(followed, SATURDAY + 61)
    assert not ticked(followed, ENDS + 60) or followed.look_back.after(ENDS + 60) < OPENS
    assert ticked(followed, ENDS + 12_000)
    after = followed.look_back.after(ENDS + 12_000)
    assert after < OPENS
    assert "1d" in [span.interval for span in spans(moment(after), moment(ENDS + 12_000))]
    saturday = day(SATURDAY, 120.0)
    assert followed.found_late([day(FRIDAY, 9.0), saturday]) == [saturday]
    assert followed.found_late([saturday]) == [], "once"
    assert followed.look_back.after(ENDS + 24_000) > ENDS - 86_400


def test_day_is_requested_as_soon_as_it_is_settled_though_splits_were_requested_shortly_before() -> None:
    """Scenario: each look for splits and dividends put off that for the day by three hours."""
    followed = symbol_followed()
    ticked(followed, SATURDAY)
    take(followed, quote_at(SATURDAY + 60))
    assert ticked(followed, ENDS - 60), "for splits and dividends"
    assert not ticked(followed, ENDS + SETTLED_SECONDS - 1)
    assert ticked(followed, ENDS + SETTLED_SECONDS)
    assert not ticked(followed, ENDS + SETTLED_SECONDS + 1), "once"


def test_producer_that_starts_after_the_day_requests_it_too() -> None:
    """Scenario: it was stopped on Saturday evening: the last quote in the log shows which day is missing."""
    followed = symbol_followed(KnownOfSymbol(ENDS + 3600.0, quoted=(SATURDAY + 60.0, 120.0)))
    ticked(followed, MONDAY)
    take(followed, quote_at(MONDAY + 1))
    assert ticked(followed, MONDAY + 2)
    assert followed.look_back.after(MONDAY + 2) < OPENS
    assert not ticked(followed, second("2026-02-16T10:00") + 1) or followed.look_back.day is None


@pytest.mark.parametrize("session", ["pre", "post", "overnight"])
def test_quotes_outside_of_a_session_ask_for_no_day(session: str) -> None:
    """Scenario: US shares are traded on Sunday evening, at another place."""
    followed = symbol_followed()
    ticked(followed, SATURDAY)
    take(followed, quote_at(SATURDAY + 60, session=session))
    ticked(followed, SATURDAY + 61)
    assert followed.look_back.day is None


def test_quotes_of_a_day_without_a_session_are_shown_as_live() -> None:
    """Scenario: "Market closed" was shown during the quotes of a special session."""
    followed = symbol_followed()
    ticked(followed, SATURDAY)
    take(followed, quote_at(SATURDAY + 60))
    ticked(followed, SATURDAY + 61)
    health = SourceHealth(streams=True)
    health.connected()
    assert condition_of(followed, health, SATURDAY + 62)[:2] == ("live", "")
    assert condition_of(followed, health, SATURDAY + 600)[:2] == ("closed", "market closed")
