"""Invalid rows of a history: their number is reported in one data alert for each symbol and fetch."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from producer.live.followed import Followed
from producer.live.quality.finding import DOUBTFUL, SKIPPED_ROWS, Finding
from producer.reporting.report import keep
from producer.sources.alpha_vantage.candles import day_bars
from producer.sources.answers import Doubts, HistorySlice
from producer.sources.mixed_units import MIXED_UNITS
from producer.sources.yahoo.charts.chart_types import Chart
from producer.sources.yahoo.charts.history import history
from shared.errors import SourceDown
from shared.market.listings import Listing
from shared.postgres.database import connect, transaction
from tests.integration.desk import Desk
from tests.reports.histories.level_charts import DAYS, NOW, LevelAnswers, body
from tests.unit.local_http import Reply
from tests.unit.producer.sources.binance.binance_answers import binance_answering, kline, milliseconds

AT = NOW.timestamp()


def followed() -> Followed:
    return Followed("X", (Listing("yahoo", "X"),), None, True, 2.0, 0.01)


def left_out(symbol: Followed, parts: list[HistorySlice]) -> list[Finding]:
    """What is found to be left out of a history of these parts."""
    return found(symbol, parts, SKIPPED_ROWS)


def found(symbol: Followed, parts: list[HistorySlice], kind: str) -> list[Finding]:
    """What is found of a kind in a history of these parts."""
    for part in parts:
        symbol.past(part, AT)
    symbol.past_ended(None, AT)
    return [finding for finding in symbol.findings if finding.kind == kind]


def yahoos(**changes: Any) -> list[HistorySlice]:
    """A history of Yahoo's in which some numbers are others."""
    answer = body([43.0, 42.9, 43.5, 44.1, 44.2], None)
    (columns,) = answer["indicators"]["quote"]
    for column, (day, value) in changes.items():
        columns[column][day] = value
    session: Any = LevelAnswers(answer)
    return list(history(session, "X", None, NOW))


def test_rows_of_a_history_that_can_not_be_true_are_one_alert_with_their_number_and_the_first_reason() -> (
    None
):
    """Scenario: a day whose high lies below its low was a line of the log, and nothing on the page."""
    parts = yahoos(high=(1, 40.0), low=(3, 50.0))
    (finding,) = left_out(followed(), parts)
    assert (finding.is_raised, finding.value) == (True, 2)
    assert finding.detail.startswith(
        f"history: rows are skipped, the first one because: the bar at {int(DAYS[1].timestamp())}: "
    )


def test_row_that_can_not_be_read_counts_too() -> None:
    """The same where a chart has to be read row by row."""
    (finding,) = left_out(followed(), yahoos(open=(0, "much"), high=(2, 1.0)))
    assert finding.value == 2
    assert "much" in finding.detail or "float" in finding.detail


def test_whole_history_without_a_fault_raises_none() -> None:
    """Scenario: every other history."""
    assert left_out(followed(), yahoos()) == []


def test_what_is_left_out_of_one_chart_is_not_left_out_of_another() -> None:
    """Scenario: all charts without a fault shared one count, in which anything might be noted."""
    one, other = (msgspec.convert(body([43.0], None), Chart) for _ in range(2))
    one.skipped.note("a row")
    assert (one.skipped.count, other.skipped.count) == (1, 0)


def test_history_that_is_fetched_again_from_its_beginning_counts_each_row_once() -> None:
    """Scenario: the provider fails after the first part, and the next try sends that part again."""
    symbol = followed()
    days = yahoos(high=(1, 40.0))[0]
    symbol.past(days, AT)
    symbol.past_delayed(SourceDown("away"))
    (finding,) = left_out(symbol, [days])
    assert finding.value == 1


def test_rows_of_binance_that_are_left_out_are_reported_with_its_last_part() -> None:
    """The same of another provider: a bar that can't be true, one that comes twice, one with a price 100 times off."""
    start = milliseconds(datetime(2024, 3, 25, 9, tzinfo=UTC))
    rows = [kline(start + 60_000 * minute, 60) for minute in (0, 1, 1, 2, 3)]
    rows[0][2], rows[3][3] = "0.5", str(float(str(rows[3][3])) / 100)
    with binance_answering(lambda asked: Reply(rows if asked.params["interval"] == "1m" else [])) as (
        provider,
        _,
    ):
        parts = list(provider.history("BTCUSDT", None, datetime(2024, 3, 25, 10, 7, 30, tzinfo=UTC)))
    symbol = followed()
    (finding,) = left_out(symbol, parts)
    assert finding.value == 2
    assert [(each.detail, each.value) for each in symbol.findings if each.kind == DOUBTFUL] == [
        (f"history: {MIXED_UNITS}", 1)
    ]


def test_day_of_alpha_vantage_that_is_left_out_or_set_aside_is_reported() -> None:
    """The same of a third one."""
    good = {"1. open": "5", "2. high": "6", "3. low": "4", "4. close": "5", "5. volume": "9"}
    series = {
        "2024-03-21": good,
        "2024-03-22": good | {"2. high": "1"},
        "2024-03-20": good | {"3. low": "0.05"},
    }
    answer = day_bars(
        "IBM", {"Meta Data": {"5. Time Zone": "US/Eastern"}, "Time Series (Daily)": series}, NOW, NOW
    )
    assert [bar.start.day for bar in answer.bars] == [21]
    assert (answer.skipped.count, answer.doubts) == (1, Doubts((MIXED_UNITS,), 1))


@pytest.mark.parametrize("kind", [SKIPPED_ROWS, DOUBTFUL])
def test_alert_about_a_history_is_kept_once_over_restarts_and_a_later_fetch_has_its_own(
    desk: Desk, kind: str
) -> None:
    """Scenario: each start fetched the same history, and an alert that is up hid that of another fetch."""
    with closing(connect(desk.database(), "test")) as connection:
        for start, detail in enumerate(("history: 2 left out", "history: 2 left out", "history: 1 left out")):
            with transaction(connection) as cursor:
                keep(cursor, Finding("X", kind, True, AT + start, 2.0, detail=detail))
    assert desk.rows("select detail from data_alerts where symbol = 'X' order by raised_at") == [
        ("history: 2 left out",),
        ("history: 1 left out",),
    ]


def test_alert_about_rows_left_out_stays_the_same_where_their_number_changes_and_is_logged_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Scenario: the bars of a few more minutes made a new alert beside the first one; each was two lines of the log."""
    (sooner,) = left_out(followed(), yahoos(high=(1, 40.0)))
    (later,) = left_out(followed(), yahoos(high=(1, 40.0), low=(3, 50.0)))
    lines = len(caplog.messages)
    with closing(connect(desk.database(), "test")) as connection:
        for number, finding in enumerate((sooner, later)):
            with transaction(connection) as cursor:
                keep(cursor, finding._replace(at=AT + number))
    assert (sooner.value, later.value) == (1, 2)
    assert desk.rows("select value from data_alerts where symbol = 'X'") == [(1.0,)]
    assert (lines, len(caplog.messages)) == (2, 2)


def test_alert_about_suspect_prices_stays_the_same_where_their_number_changes_and_is_logged_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Scenario: the sentence counted the bars, so that each fetch with one more of them made another alert."""
    (sooner,) = found(followed(), yahoos(low=(1, 0.43)), DOUBTFUL)
    (later,) = found(followed(), yahoos(low=(1, 0.43), high=(3, 4410.0)), DOUBTFUL)
    with closing(connect(desk.database(), "test")) as connection:
        for number, finding in enumerate((sooner, later)):
            with transaction(connection) as cursor:
                keep(cursor, finding._replace(at=AT + number))
    assert (sooner.value, later.value) == (1, 2)
    assert desk.rows("select detail, value from data_alerts where symbol = 'X'") == [
        (f"history: {MIXED_UNITS}", 1.0)
    ]
    assert [line for line in caplog.messages if "history" in line] == [f"X: history: {MIXED_UNITS}"]


def test_suspect_prices_of_all_parts_of_a_history_are_one_alert_with_their_number() -> None:
    """Scenario: days and quarters of an hour were reported separately, and a repeated part again."""
    symbol = followed()
    (days,) = [part for part in yahoos(low=(1, 0.43)) if part.doubts.bars]
    symbol.past(days, AT)
    symbol.past_delayed(SourceDown("away"))
    (finding,) = found(symbol, [days, days], DOUBTFUL)
    assert (finding.detail, finding.value) == (f"history: {MIXED_UNITS}", 2)
