"""The page's queries with a real PostgreSQL, and the thread that runs them."""

import pytest

from dashboard.presenters.panels import is_alive
from dashboard.read.read_model import ReadModel
from dashboard.read.rows import PartRow
from dashboard.read.sql import alert_queries, queries
from dashboard.read.sql.connections import read_only_connection
from shared.errors import StopPart, Unavailable
from shared.postgres.database import Connection, Cursor, connect, make_database, transaction
from shared.runtime.lifecycle import HeartbeatRow
from tests.screen_rows import (
    MINUTE,
    ScreenMinute,
    action,
    alert,
    at,
    close_bar,
    company,
    data_alert,
    fill,
    offer,
    open_bar,
    quality,
    quote,
)
from tests.waiting import wait_for

NOON = 1_763_985_600
DAY = 86_400


def test_symbol_carries_the_close_of_the_newest_day_that_ended_before_its_quote(cursor: Cursor) -> None:
    """Report: at the end of a replay, which closes the day of the quote, every symbol had changed by 0.00 %."""
    quote(cursor, "BBB", 9.0, NOON)
    quote(cursor, "AAA", 10.0, NOON, previous_close=9.5)
    close_bar(cursor, ScreenMinute("AAA", NOON - 2 * 86_400, 7.0, "1d"))
    close_bar(cursor, ScreenMinute("AAA", NOON - 86_400, 8.0, "1d"))
    close_bar(cursor, ScreenMinute("AAA", NOON - 30, 10.0, "1d"))
    found = queries.read_symbols(cursor)
    assert list(found) == ["AAA", "BBB"]
    assert (found["AAA"].price, found["AAA"].previous_close, found["AAA"].last_day_close) == (10.0, 9.5, 8.0)
    assert (found["AAA"].event_time, found["BBB"].last_day_close) == (NOON, None)


def test_symbol_without_a_quote_has_its_state_and_cause(cursor: Cursor) -> None:
    quality(cursor, "FOO", "waiting", cause="unknown symbol", next_try_at=at(NOON))
    quote(cursor, "AAA", 10.0, NOON)
    company(cursor, "AAA", name="Alpha", sector="Metals", exchange="Tokyo", decimals=0)
    found = queries.read_symbols(cursor)
    assert (found["FOO"].price, found["FOO"].late, found["FOO"].name) == (None, 0, None)
    row = found["AAA"]
    assert (row.name, row.sector, row.market, row.decimals) == ("Alpha", "Metals", "Tokyo", 0)
    assert (row.exchange, row.currency) == ("SIMULATED", "USD")
    state = queries.read_qualities(cursor)["FOO"]
    assert (state.state, state.cause, state.next_try_at) == ("waiting", "unknown symbol", NOON)


def test_state_that_was_reported_long_ago_is_ignored(cursor: Cursor) -> None:
    quality(cursor, "AAA", "live", updated_at=at(NOON))
    found = queries.read_qualities(cursor)["AAA"]
    assert (found.state, found.cause) == ("waiting", "producer silent")


def test_symbol_that_is_watched_no_more_is_not_shown(cursor: Cursor) -> None:
    for symbol, wanted in (("AAA", True), ("BBB", False)):
        quote(cursor, symbol, 10.0, NOON)
        cursor.execute("insert into watched_symbols values (%s, %s)", (symbol, wanted))
    assert list(queries.read_symbols(cursor)) == ["AAA"]


def test_alerts_about_the_data_come_newest_first_with_their_end(cursor: Cursor) -> None:
    data_alert(cursor, "AAA", "failover", NOON)
    data_alert(cursor, "AAA", "disagreement", NOON + 60, value=0.02, threshold=0.01, cleared_at=at(NOON + 90))
    found = alert_queries.read_data_alerts(cursor, 10)
    assert [(row.kind, row.cleared_at) for row in found] == [("disagreement", NOON + 90), ("failover", None)]
    assert alert_queries.read_data_alerts(cursor, 1) == found[:1]


def test_dividend_carries_the_close_before_it_in_its_own_currency(cursor: Cursor) -> None:
    quote(cursor, "AAA", 10.0, NOON)
    close_bar(cursor, ScreenMinute("AAA", NOON - 2 * DAY, 9.0, "1d"))
    close_bar(cursor, ScreenMinute("AAA", NOON, 10.0, "1d"))
    action(cursor, "AAA", "dividend", NOON - DAY, 0.5)
    action(cursor, "AAA", "split", NOON - DAY, 4.0)
    action(cursor, "AAA", "dividend", NOON - 3 * DAY, 0.5)
    action(cursor, "AAA", "split", 2**33, 2.0)  # announced, in the far future
    first, *same_day = queries.read_actions(cursor)["AAA"]
    assert (first.time, first.close_before) == (NOON - 3 * DAY, None)
    assert sorted(same_day) == [(NOON - DAY, "dividend", 0.5, 9.0), (NOON - DAY, "split", 4.0, None)]
    cursor.execute("update corporate_actions set currency = 'GBP'")
    assert {one.close_before for one in queries.read_actions(cursor)["AAA"]} == {None}


def test_offer_is_accepted_only_while_it_stands(cursor: Cursor) -> None:
    assert queries.read_offer(cursor) is None
    assert not queries.accept_offer(cursor)
    offer(cursor, "no network")
    assert not queries.accept_offer(cursor)
    assert queries.read_offer(cursor) == ("yahoo", "no network", False, False)
    offer(cursor, "no network", reachable_since=NOON)
    assert queries.accept_offer(cursor)
    assert queries.accept_offer(cursor)
    assert queries.read_offer(cursor) == ("yahoo", "no network", True, True)


def test_newest_bars_come_oldest_first_with_their_indicators(cursor: Cursor) -> None:
    for index in range(5):
        close_bar(cursor, ScreenMinute("AAA", NOON + index * MINUTE, 10.0 + index))
    found = queries.read_newest_bars(cursor, "AAA", "1m", 2, None)
    assert [bar.start for bar in found] == [NOON + 180, NOON + 240]
    newest = found[1]
    assert (newest.close, newest.vwap) == (14.0, 14.0)
    assert (newest.indicators.rsi, newest.indicators.macd_histogram) == (55.0, 0.05)


def test_bar_without_indicators_is_still_a_bar(cursor: Cursor) -> None:
    close_bar(cursor, ScreenMinute("AAA", NOON, 10.0))
    cursor.execute("delete from indicators")
    assert queries.read_newest_bars(cursor, "AAA", "1m", 5, None)[0].indicators.rsi is None


def test_bars_since_answers_for_each_series_by_itself(cursor: Cursor) -> None:
    for index in range(3):
        close_bar(cursor, ScreenMinute("AAA", NOON + index * MINUTE, 10.0))
        close_bar(cursor, ScreenMinute("BBB", NOON + index * MINUTE, 10.0))
    known = {("AAA", "1m"): NOON, ("BBB", "1m"): NOON + 120, ("AAA", "5m"): 0}
    found = queries.read_bars_since(cursor, known, 5000)
    assert {key: [bar.start for bar in bars] for key, bars in found.items()} == {
        ("AAA", "1m"): [NOON + 60, NOON + 120]
    }
    first = queries.read_bars_since(cursor, known, 1)
    assert [bar.start for bar in first["AAA", "1m"]] == [NOON + 60]


def test_open_bar_knows_how_warm_it_is(cursor: Cursor) -> None:
    open_bar(cursor, ScreenMinute("AAA", NOON, 10.0), seen=12)
    found = queries.read_open_bars(cursor)[("AAA", "1m")]
    assert (found.seen, found.warm_after) == (12, 50)
    assert (found.bar.indicators.sma_long, found.bar.indicators.rsi) == (None, 55.0)
    assert (found.bar.start, found.bar.end, found.bar.close) == (NOON, NOON + MINUTE, 10.0)


def test_trend_is_the_closes_since_then_in_order(cursor: Cursor) -> None:
    for index in range(5):
        close_bar(cursor, ScreenMinute("AAA", NOON + index * 5 * MINUTE, 10.0 + index, "5m"))
    since = NOON + 5 * MINUTE
    assert queries.read_trends(cursor, {"AAA": since, "BBB": since}, 9) == {
        "AAA": (11.0, 12.0, 13.0, 14.0),
        "BBB": (),
    }
    assert queries.read_trends(cursor, {"AAA": since}, 3) == {"AAA": (12.0, 13.0, 14.0)}
    assert queries.read_trends(cursor, {}, 3) == {}


def test_alerts_come_newest_first_and_at_most_so_many(cursor: Cursor) -> None:
    for index in range(3):
        alert(cursor, "AAA", NOON + index * MINUTE, 71.0 + index)
    assert [row.value for row in alert_queries.read_alerts(cursor, 2)] == [73.0, 72.0]


def test_instances_of_a_part_are_added_up_and_dead_ones_left_out(cursor: Cursor) -> None:
    rows = [
        ("a", "running", 3, 1.5, 2.0),
        ("b", "waiting", 4, 2.5, 1.0),
        ("long gone", "running", 9, 9.0, 300.0),
    ]
    for instance, state, lag, per_second, age in rows:
        cursor.execute(
            "insert into parts values ('storage', %s, %s, '', %s, %s, now(), now() - make_interval(secs => %s))",
            (instance, state, lag, per_second, age),
        )
    found = queries.read_parts(cursor)["storage"]
    assert (found.state, found.instances, found.lag, found.per_second) == ("waiting", 2, 7, 4.0)
    assert 1.0 <= found.age < 5.0


def test_part_that_was_started_again_is_running_again(connection: Connection) -> None:
    def found() -> PartRow:
        with transaction(connection) as cursor:
            return queries.read_parts(cursor)["storage"]

    HeartbeatRow("storage", "a").write(connection, "stopped", "", 0, 10)
    assert (found().state, is_alive(found())) == ("stopped", False)
    HeartbeatRow("storage", "a").write(connection, "running", "", 0, 0)
    assert (found().state, found().instances, is_alive(found())) == ("running", 1, True)


def test_run_after_an_outage_counts_from_zero_without_a_negative_rate(connection: Connection) -> None:
    """Report: the page showed -52,600 messages/s for a moment after PostgreSQL had been killed."""
    row = HeartbeatRow("storage", "a")
    row.write(connection, "running", "", 0, 50_000)
    row.write_waiting(connection, "PostgreSQL does not answer")
    with transaction(connection) as cursor:
        found = queries.read_parts(cursor)["storage"]
    assert (found.state, found.detail, found.per_second) == ("waiting", "PostgreSQL does not answer", 0.0)
    assert row.write(connection, "running", "", 0, 100) > 0.0


def test_dead_letters_that_two_groups_met_are_counted_once(cursor: Cursor) -> None:
    assert queries.read_progress(cursor, "one") == (0, 0, 0)
    for group, partition, letters in (("one", 0, 2), ("one", 1, 1), ("two", 0, 2)):
        cursor.execute(
            "insert into progress values (%s, 't', %s, 0, %s, 0, 0, 0, %s)",
            (group, partition, letters, letters),
        )
    assert queries.read_progress(cursor, "one")[0] == 3


def test_messages_folded_are_those_of_the_analytics_whatever_other_groups_have_read(cursor: Cursor) -> None:
    """Scenario: a group of an earlier KAFKA_GROUP_ID never moves on; the page showed a lag without end."""
    for group, partition, first, reached in (
        ("earlier", 0, 0, 5),
        ("analytics", 0, 10, 40),
        ("analytics", 1, 0, 7),
        ("analytics-quotes", 0, 0, 45),
        ("analytics-quotes", 1, 0, 9),
    ):
        cursor.execute(
            "insert into progress values (%s, 't', %s, %s, %s, %s)",
            (group, partition, first, reached, reached - first),
        )
    assert queries.read_progress(cursor, "analytics") == (0, 47, 54)
    assert queries.read_progress(cursor, "not yet there") == (0, 0, 54)


def test_first_start_is_that_of_the_oldest_bar(cursor: Cursor) -> None:
    assert queries.read_first_start(cursor) is None
    quote(cursor, "AAA", 10.0, NOON)
    close_bar(cursor, ScreenMinute("AAA", NOON, 10.0))
    close_bar(cursor, ScreenMinute("AAA", NOON - 3600, 10.0, "1h"))
    assert queries.read_first_start(cursor) == NOON - 3600


def test_missing_tables_are_reported_before_the_migrations(embedded_postgres: str) -> None:
    opened = connect(make_database(embedded_postgres, "without_tables"), "test")
    with transaction(opened) as cursor:
        assert not queries.has_tables(cursor)
    opened.close()


def test_read_model_follows_the_tables(dsn: str, connection: Connection) -> None:
    with transaction(connection) as cursor:
        fill(cursor, {"AAA": 10.0}, NOON, bars=5)
    model = ReadModel(lambda: dsn, "replay", 1000, 1, "test", "test")
    model.start()
    wait_for(lambda: model.snapshot.condition == "reading")
    key = ("AAA", "1m")
    last = model.closed_bars(key, 1000, None)[0][-1].start
    with transaction(connection) as cursor:
        close_bar(cursor, ScreenMinute("AAA", last + MINUTE, 11.0))
        quote(cursor, "AAA", 11.0, NOON + 61)
    wait_for(lambda: model.snapshot.reading.symbols["AAA"].price == 11.0)
    assert [bar.close for bar in model.bars_since(key, last) or []] == [11.0]
    assert model.snapshot.reading.first_start == NOON - 5 * MINUTE
    model.stop()
    with transaction(connection) as cursor:
        cursor.execute("select state from parts where part = 'screen' and instance = 'test'")
        assert cursor.fetchone() == ("stopped",)


def test_chart_longer_than_the_cache_is_read_from_the_tables(dsn: str, connection: Connection) -> None:
    with transaction(connection) as cursor:
        fill(cursor, {"AAA": 10.0}, NOON, bars=30)
    model = ReadModel(lambda: dsn, "live", 10, 1, "test", "test")
    for limit, expected in ((5, (5, True)), (1000, (30, False)), (10, (10, True)), (30, (30, False))):
        bars, has_older = model.closed_bars(("AAA", "1m"), limit, None)
        assert (len(bars), has_older) == expected


def test_pages_of_a_chart_hold_every_stored_bar_once(dsn: str, connection: Connection) -> None:
    with transaction(connection) as cursor:
        fill(cursor, {"AAA": 10.0}, NOON, bars=30)
    model = ReadModel(lambda: dsn, "live", 10, 1, "test", "test")
    bars, has_older = model.closed_bars(("AAA", "1m"), 7, None)
    starts, sizes = [bar.start for bar in bars], [len(bars)]
    while has_older:
        bars, has_older = model.closed_bars(("AAA", "1m"), 7, starts[0])
        starts, sizes = [*(bar.start for bar in bars), *starts], [*sizes, len(bars)]
    assert (sizes, starts) == ([7, 7, 7, 7, 2], [NOON - back * MINUTE for back in range(30, 0, -1)])


def test_history_of_a_database_that_is_away_is_unavailable() -> None:
    model = ReadModel(lambda: "host=127.0.0.1 port=9 dbname=nowhere", "live", 10, 1, "test", "test")
    with pytest.raises(Unavailable):
        model.closed_bars(("AAA", "1m"), 5, None)


def test_symbol_is_bound_and_never_part_of_a_statement(cursor: Cursor) -> None:
    close_bar(cursor, ScreenMinute("AAA", NOON, 10.0))
    assert queries.read_newest_bars(cursor, "' or true; drop table bars; --", "1m", 5, None) == []
    assert len(queries.read_newest_bars(cursor, "AAA", "1m", 5, None)) == 1


def test_connection_of_the_reader_cannot_write(dsn: str) -> None:
    opened = read_only_connection(dsn)
    with pytest.raises(StopPart, match="read-only"), transaction(opened) as cursor:
        close_bar(cursor, ScreenMinute("AAA", NOON, 10.0))
    opened.close()
