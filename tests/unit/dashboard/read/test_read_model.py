"""The read model of the page: bounded histories, and which read changed what."""

from dashboard.read.cache.bar_history import MAX_SERIES, BarHistory
from dashboard.read.rows import AlertRow, ChartBar, DataAlertRow, DataQualityRow, OpenBarRow, SymbolRow
from dashboard.read.snapshot import NOTHING, advance, begin_generation, first_snapshot, stall
from dashboard.read.trends import trends_moved
from tests.inputs.records import NO_VALUES

KEY = ("AAA", "1m")
SYMBOL = SymbolRow("AAA", 1.0, 0.0, 0.0, None, None, None, None, None, None, None, None, None, 0, None)
QUALITY = DataQualityRow("AAA", "yahoo", None, "live", "", "", None, None, 1, 3)
ALERT = AlertRow("AAA", "1m", "volatility", 60, 120.0, 0.06, 0.05, 1.0)


def bar(start: int) -> ChartBar:
    """A minute that starts at `start`."""
    return ChartBar(start, start + 60, 1.0, 2.0, 0.5, 1.5, 100.0, None, 3, NO_VALUES)


def history(kept: int, *starts: int) -> BarHistory:
    """A history of one series with these bars."""
    made = BarHistory(kept)
    made.put(KEY, [bar(start) for start in starts])
    return made


def starts(bars: list[ChartBar] | None) -> list[int] | None:
    """The starts of bars."""
    return None if bars is None else [one.start for one in bars]


def test_history_keeps_the_newest_bars_only() -> None:
    made = history(3, 0, 60, 120)
    made.extend({KEY: [bar(180), bar(240)]})
    assert starts(made.get(KEY)) == [120, 180, 240]


def test_bar_that_is_there_already_is_not_appended_again() -> None:
    made = history(10, 0, 60)
    made.extend({KEY: [bar(60), bar(120)]})
    assert starts(made.get(KEY)) == [0, 60, 120]


def test_series_that_nobody_requested_is_not_kept() -> None:
    made = history(10, 0)
    made.extend({("BBB", "1m"): [bar(0)]})
    assert made.get(("BBB", "1m")) is None


def test_least_recently_requested_series_makes_room() -> None:
    made = history(10, 0)
    for number in range(MAX_SERIES - 1):
        made.put((f"S{number}", "1m"), [])
    assert made.get(KEY) is not None
    made.put(("one more", "1m"), [])
    assert made.get(KEY) is not None
    assert made.get(("S0", "1m")) is None


def test_since_gives_what_follows_the_viewers_last_bar() -> None:
    made = history(10, 0, 60, 120)
    assert starts(made.since(KEY, 0)) == [60, 120]
    assert starts(made.since(KEY, 120)) == []


def test_since_marks_that_bars_may_be_missing() -> None:
    assert history(10, 60, 120).since(KEY, 0) is None
    assert BarHistory(10).since(KEY, 0) is None


def test_first_bar_of_an_empty_series_follows_a_start_of_zero() -> None:
    made = history(10)
    assert made.since(KEY, 0) == []
    assert made.last_starts() == {KEY: 0}


def test_row_keeps_the_sequence_at_which_it_changed() -> None:
    reading = NOTHING._replace(symbols={"AAA": SYMBOL}, trends={"AAA": (1.0,)}, alerts=[ALERT])
    first = advance(first_snapshot(5), reading)
    second = advance(first, reading._replace(symbols={"AAA": SYMBOL._replace(price=2.0)}))
    assert (first.symbol_changes["AAA"], second.symbol_changes["AAA"]) == (6, 7)
    assert second.trend_changes["AAA"] == second.alert_changes[ALERT] == 6


def test_symbol_that_left_the_tables_leaves_the_snapshot() -> None:
    first = advance(first_snapshot(5), NOTHING._replace(symbols={"AAA": SYMBOL}))
    second = advance(first, NOTHING)
    assert second.symbol_changes == {}
    assert (first.condition, second.condition) == ("reading", "no_quotes")


def test_symbol_changes_with_the_state_of_its_quotes() -> None:
    reading = NOTHING._replace(symbols={"AAA": SYMBOL}, qualities={"AAA": QUALITY})
    first = advance(first_snapshot(5), reading)
    counted = advance(first, reading._replace(qualities={"AAA": QUALITY._replace(history_done=2)}))
    stale = advance(counted, reading._replace(qualities={"AAA": QUALITY._replace(state="stale")}))
    assert [one.symbol_changes["AAA"] for one in (first, counted, stale)] == [6, 6, 8]


def test_alert_about_the_data_changes_when_it_is_cleared() -> None:
    alert = DataAlertRow("AAA", "failover", 1.0, None, None, None, "")
    cleared = alert._replace(cleared_at=2.0)
    first = advance(first_snapshot(5), NOTHING._replace(data_alerts=[alert]))
    second = advance(first, NOTHING._replace(data_alerts=[cleared]))
    assert (first.alert_changes, second.alert_changes) == ({alert: 6}, {cleared: 7})


def test_viewers_start_again_when_a_symbol_is_removed() -> None:
    both = NOTHING._replace(symbols={"AAA": SYMBOL, "BBB": SYMBOL})
    first = advance(first_snapshot(5), NOTHING._replace(symbols={"AAA": SYMBOL}))
    more = advance(first, both)
    fewer = advance(more, NOTHING._replace(symbols={"BBB": SYMBOL}))
    assert more.generation == first.generation
    assert fewer.generation == fewer.sequence


def test_lost_database_leaves_the_last_numbers_readable() -> None:
    before = advance(first_snapshot(5), NOTHING._replace(symbols={"AAA": SYMBOL}))
    after = stall(before, "no_database", "refused")
    assert after.reading is before.reading
    assert (after.condition, after.sequence) == ("no_database", before.sequence + 1)


def test_reconnection_begins_a_higher_generation() -> None:
    before = advance(first_snapshot(5), NOTHING._replace(symbols={"AAA": SYMBOL}))
    after = advance(begin_generation(before), NOTHING)
    assert after.generation > before.generation
    assert after.sequence > before.sequence


def test_trend_is_read_again_when_five_minutes_closed() -> None:
    five = ("AAA", "5m")
    open_bars = {five: OpenBarRow(bar(60), 1, 50)}
    old = NOTHING._replace(trends={"AAA": (1.0,)}, open_bars=open_bars)
    assert trends_moved(old, ["AAA"], open_bars) == []
    assert trends_moved(old, ["AAA"], {five: OpenBarRow(bar(120), 2, 50)}) == ["AAA"]
    assert trends_moved(old, ["AAA"], {}) == ["AAA"]
    assert trends_moved(old, ["AAA", "NEW"], open_bars) == ["NEW"]
