"""The join between a symbol's history and its live quotes, and its watermark. Times are seconds of one hour."""

from datetime import UTC, datetime

import pytest

from producer.live.backfill import HELD_QUOTES, LAG_SECONDS, SETTLED_SECONDS, Timeline
from producer.live.deduplication import KnownOfSymbol
from shared.market.records import CorporateAction, Quote, RecordedBar, RecordedInterval

NOON = datetime(2024, 7, 10, 12, tzinfo=UTC).timestamp()
GRACE = 2.0


def at(second: float) -> datetime:
    """So many seconds after noon."""
    return datetime.fromtimestamp(NOON + second, UTC)


def quote(second: float, price: float = 100.0) -> Quote:
    """A quote that was received when it happened."""
    return Quote(
        symbol="A",
        event_time=at(second),
        price=price,
        source="yahoo",
        position=0,
        received_time=at(second),
    )


def bar(second: float, interval: RecordedInterval = "1m") -> RecordedBar:
    """A finished bar of history."""
    return RecordedBar(
        symbol="A",
        interval=interval,
        start=at(second),
        open=1.0,
        high=1.0,
        low=1.0,
        close=1.0,
        source="yahoo-history",
        position=0,
        received_time=at(90_000),
    )


def line(known: KnownOfSymbol | None = None, has_history: bool = True) -> Timeline:
    """The line of a symbol."""
    return Timeline("A", known, has_history, GRACE)


def test_first_start_wants_all_history_there_is() -> None:
    assert line().wanted_after is None


def test_live_quotes_wait_for_history() -> None:
    symbol = line()
    symbol.contact(NOON + 10)
    assert symbol.take(quote(10)) == []
    assert symbol.mark_due is None


def test_quotes_of_the_minute_that_live_began_in_follow_history_at_once_and_later_ones_wait_for_its_end() -> (
    None
):
    symbol = line()
    symbol.contact(NOON + 10)
    symbol.take(quote(10))
    assert symbol.past_ended(NOON + 20, failed=False) == [quote(10)]
    assert symbol.take(quote(59)) == [quote(59)]
    assert symbol.take(quote(61)) == []
    assert not symbol.is_top_up_due(NOON + 61)
    assert symbol.is_top_up_due(NOON + 60 + SETTLED_SECONDS)
    symbol.top_up_requested()
    assert not symbol.is_top_up_due(NOON + 60 + SETTLED_SECONDS), "it is asked once"
    assert symbol.wanted_after == NOON - 1
    assert symbol.past([bar(0)]) == [bar(0)]
    assert symbol.past_ended(NOON + 65, failed=False) == [quote(61)]
    assert symbol.phase == "live"


def test_no_seam_is_needed_where_live_began_before_the_last_minute_of_history() -> None:
    symbol = line()
    symbol.contact(NOON + 10)
    symbol.take(quote(70))
    assert symbol.past_ended(NOON + 130, failed=False) == [quote(70)]
    assert symbol.phase == "live"


def test_restart_requests_the_minute_that_the_log_holds_in_part_and_everything_after_it() -> None:
    assert line(KnownOfSymbol(NOON + 95)).wanted_after == NOON + 59


def test_restart_during_history_goes_on_after_its_last_bar() -> None:
    symbol = line(KnownOfSymbol(NOON, bar=(NOON, -900)))
    assert symbol.wanted_after is not None
    assert symbol.wanted_after < NOON
    assert symbol.past([bar(0, "1d"), bar(0, "15m"), bar(0), bar(60)]) == [bar(0), bar(60)]


def test_history_that_is_fetched_again_after_a_failure_comes_once() -> None:
    symbol = line()
    assert symbol.past([bar(0), bar(60)]) == [bar(0), bar(60)]
    assert symbol.past([bar(0), bar(60), bar(120)]) == [bar(120)]


def test_action_that_comes_again_is_left_to_the_fold() -> None:
    split = CorporateAction(
        symbol="A",
        action="split",
        time=at(0),
        value=7.0,
        source="yahoo-history",
        position=0,
        received_time=at(0),
    )
    symbol = line(KnownOfSymbol(NOON, bar=(NOON, -60)))
    assert symbol.past([split]) == [split]


def test_source_that_was_away_for_a_whole_minute_leaves_a_gap_that_history_fills() -> None:
    symbol = live_line(NOON + 10)
    symbol.contact(NOON + 119)
    assert not symbol.is_gap_before(NOON + 120), "it was away for a second"
    symbol.contact(NOON + 120)
    assert symbol.is_gap_before(NOON + 241), "minute 3 had no source"
    symbol.contact(NOON + 241)
    assert symbol.phase == "history"
    assert symbol.wanted_after == NOON + 119, "the minute it was lost in is published as a whole"


def test_gap_of_a_source_without_history_is_counted_and_live_goes_on() -> None:
    symbol = line(has_history=False)
    symbol.contact(NOON)
    symbol.contact(NOON + 600)
    assert (symbol.phase, symbol.gaps) == ("live", 1)


def test_history_that_fails_is_counted_as_a_gap_and_lets_quotes_through() -> None:
    symbol = line()
    symbol.contact(NOON + 10)
    symbol.take(quote(10))
    assert symbol.past_ended(NOON + 20, failed=True) == [quote(10)]
    assert (symbol.phase, symbol.gaps) == ("live", 1)


def test_more_quotes_than_can_wait_go_on_without_history() -> None:
    symbol = line()
    symbol.contact(NOON)
    one = quote(10)
    released = [each for _ in range(HELD_QUOTES + 1) for each in symbol.take(one)]
    assert len(released) == HELD_QUOTES + 1
    assert symbol.phase == "live"


def test_mark_comes_once_a_minute_when_the_bar_before_can_close() -> None:
    symbol = live_line(NOON + 5)
    assert mark(symbol) is not None
    symbol.contact(NOON + 63.9)
    assert symbol.mark_due is None, "stragglers may come yet"
    symbol.contact(NOON + 64.1)
    assert mark(symbol) == pytest.approx(NOON + 64.1 - LAG_SECONDS)
    symbol.contact(NOON + 65)
    assert symbol.mark_due is None, "once a minute"


def test_no_mark_comes_while_the_source_is_away() -> None:
    symbol = live_line(NOON + 5)
    assert mark(symbol) is not None
    assert symbol.mark_due is None


def test_marks_of_a_delayed_source_lag_by_its_delay() -> None:
    symbol = line(has_history=False)
    symbol.contact(NOON + 1205)
    symbol.delay = 900.0
    assert symbol.mark_due == pytest.approx(NOON + 1205 - LAG_SECONDS - 900)


def test_trades_that_were_caught_up_with_leave_no_gap() -> None:
    symbol = live_line(NOON + 10)
    symbol.caught_up(NOON + 600)
    assert not symbol.is_gap_before(NOON + 601)


def mark(symbol: Timeline) -> float | None:
    """The time of the mark that is due, which is then published."""
    time = symbol.mark_due
    if time is not None:
        symbol.marked(time)
    return time


def live_line(contact: float) -> Timeline:
    """The line of a symbol whose history ends with the minute of `contact`, and whose source is there since."""
    symbol = line(KnownOfSymbol(contact - 60))
    symbol.contact(contact)
    symbol.past_ended(contact // 60 * 60 + 60, failed=False)
    assert symbol.phase == "live"
    return symbol
