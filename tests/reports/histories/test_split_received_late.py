"""Scenario: a split reaches the log some minutes after its first prices. Intervals that had closed a bar by then keep
the old prices in their indicators; those were converted when the indicators were calculated again, so that other
periods gave other values than the live ones, and a new indicator was beside old ones in one row."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from analytics.indicators.catalog import STORED
from shared.market.messages import encode
from shared.market.records import CorporateAction, Quote, RecordedBar
from shared.postgres.database import Connection, transaction
from tests.inputs.records import periods
from tests.integration.fold_runs import MORNING, OLD, LoggedMessage, appended_at, fold, log_of, table

NEW = replace(OLD, indicators=periods(rsi_period=7, sma_short_period=5, atr_period=7))
SPLIT_AT = MORNING + timedelta(hours=1)
NEWEST = STORED[-1]
TABLES = ("bars", "indicators", "open_bars")
minutes_late = pytest.mark.parametrize("late", [0, 3, 20])


def split(received_after: timedelta) -> CorporateAction:
    """Two for one at SPLIT_AT; received so long after it."""
    return CorporateAction(
        symbol="ACME",
        action="split",
        time=SPLIT_AT,
        value=2.0,
        source="test",
        position=0,
        received_time=SPLIT_AT + received_after,
        exchange="XNYS",
    )


def logged(records: list[Quote | CorporateAction | RecordedBar]) -> list[LoggedMessage]:
    return [
        LoggedMessage(number, encode(record), appended_at(number)) for number, record in enumerate(records)
    ]


def log_with_late_split(late: int) -> list[LoggedMessage]:
    """Half of each price from the split on, which is received so many minutes later. A pause is before it, as before
    an opening: after one, no price is suspect."""
    action = split(timedelta(minutes=late))
    pause = SPLIT_AT - timedelta(seconds=90)
    quotes = [msgspec.json.decode(message.value, type=Quote) for message in log_of(180)]
    quotes = [each for each in quotes if not pause <= each.event_time < SPLIT_AT]
    records: list[Quote | CorporateAction | RecordedBar] = [
        msgspec.structs.replace(each, price=each.price / 2) if each.event_time >= SPLIT_AT else each
        for each in quotes
    ]
    first = next(place for place, each in enumerate(quotes) if each.event_time >= action.received_time)
    return logged([*records[:first], action, *records[first:]])


def assert_same_tables(changed: Connection, fresh: Connection) -> None:
    for name in TABLES:
        assert table(changed, name) == table(fresh, name)


@minutes_late
def test_other_periods_give_the_values_of_a_new_fold(
    databases: tuple[Connection, Connection], late: int
) -> None:
    changed, fresh = databases
    log = log_with_late_split(late)
    fold(changed, OLD, log, 900, killed=False)
    fold(changed, NEW, log, len(log), killed=False)
    fold(fresh, NEW, log, len(log), killed=False)
    assert_same_tables(changed, fresh)


@minutes_late
def test_reading_the_log_again_gives_the_values_of_before(
    databases: tuple[Connection, Connection], late: int
) -> None:
    changed, fresh = databases
    log = log_with_late_split(late)
    fold(changed, OLD, log, 900, killed=True)
    with transaction(changed) as cursor:
        cursor.execute("""update partition_snapshots set state = '{"version":0}'""")
    fold(changed, OLD, log, len(log), killed=False)
    fold(fresh, OLD, log, len(log), killed=False)
    assert_same_tables(changed, fresh)


def without_newest(connection: Connection, knows_splits: bool) -> None:
    """Leave tables and snapshots without the newest indicator, as the version before it would have; one before that did
    not note either which splits divided which interval."""
    with transaction(connection) as cursor:
        for name in ("indicators", "open_bars"):
            for output in NEWEST.outputs:
                cursor.execute(f'update {name} set "{output.name}" = null')
        cursor.execute("select symbol, state from symbol_snapshots")
        for symbol, state in cursor.fetchall():
            found = msgspec.json.decode(state)
            for series in found["series"].values():
                make_series_older(series, knows_splits)
            text = msgspec.json.encode(found).decode()
            cursor.execute("update symbol_snapshots set state = %s where symbol = %s", (text, symbol))


def make_series_older(series: dict[str, Any], knows_splits: bool) -> None:
    states = series["indicators"].items()
    series["indicators"] = {key: kept for key, kept in states if not key.startswith(f"{NEWEST.name}:")}
    if not knows_splits:
        del series["splits"]


@minutes_late
def test_new_indicator_is_calculated_with_the_splits_of_those_beside_it(
    databases: tuple[Connection, Connection], late: int
) -> None:
    changed, fresh = databases
    log = log_with_late_split(late)
    fold(changed, OLD, log, 900, killed=False)
    without_newest(changed, knows_splits=True)
    fold(changed, OLD, log, len(log), killed=False)
    fold(fresh, OLD, log, len(log), killed=False)
    assert_same_tables(changed, fresh)


def short_bars(connection: Connection) -> list[tuple[Any, ...]]:
    """The indicators of intervals in which the split is between two bars."""
    return [row for row in table(connection, "indicators") if row[1] in ("1m", "5m", "15m")]


@minutes_late
def test_state_of_an_earlier_version_gives_whole_rows_that_stay(
    databases: tuple[Connection, Connection], late: int
) -> None:
    """It is unknown then whether the split was received too late: every column is calculated as if it had not been, and
    remains so when another indicator is added."""
    changed, fresh = databases
    log, timely = log_with_late_split(late), log_with_late_split(0)
    fold(changed, OLD, log, len(log), killed=False)
    fold(fresh, OLD, timely, len(timely), killed=False)
    assert (short_bars(changed) == short_bars(fresh)) == (late == 0)
    without_newest(changed, knows_splits=False)
    fold(changed, OLD, log, len(log), killed=False)
    assert short_bars(changed) == short_bars(fresh)
    whole = table(changed, "indicators")
    without_newest(changed, knows_splits=True)
    fold(changed, OLD, log, len(log), killed=False)
    assert table(changed, "indicators") == whole


def log_confirmed_late() -> list[LoggedMessage]:
    """Minutes around a night with a split, of which the first three after it are still at the old price."""
    before = [minute(SPLIT_AT - timedelta(hours=19, minutes=60 - place), 100.0) for place in range(60)]
    old = [minute(SPLIT_AT + timedelta(minutes=place), 100.0) for place in range(3)]
    new = [minute(SPLIT_AT + timedelta(minutes=3 + place), 50.0) for place in range(90)]
    return logged([*before, split(timedelta()), *old, *new])


def minute(start: datetime, price: float) -> RecordedBar:
    return RecordedBar(
        symbol="ACME",
        interval="1m",
        start=start,
        open=price,
        high=price + start.minute / 100,
        low=price,
        close=price + start.minute / 100,
        volume=1.0,
        source="test",
        position=0,
        received_time=start + timedelta(minutes=1),
        exchange="XNYS",
    )


def test_split_that_prices_confirm_later_takes_effect_there_again(
    databases: tuple[Connection, Connection],
) -> None:
    changed, fresh = databases
    log = log_confirmed_late()
    fold(changed, OLD, log, 100, killed=False)
    fold(changed, NEW, log, len(log), killed=False)
    fold(fresh, NEW, log, len(log), killed=False)
    assert_same_tables(changed, fresh)
