"""A volume alert compares with the same time of day, so the opening of a session raises none."""

from datetime import UTC, datetime

import pytest

from analytics.alerts.threshold_rules import AlertSettings
from analytics.alerts.thresholds import Thresholds
from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.events import Event
from analytics.engine.series import context_of
from analytics.indicators.catalog import DEFAULTS
from producer.sources.simulated import SimulatedMarket
from shared.calendars.calendars import SimulatedExchange, calendar_of
from shared.market.records import Bar
from tests.inputs.records import NO_VALUES, second

HOUR, SATURDAY = 3600, 5
SYMBOLS, DAYS = ("AAPL", "NVDA"), 53
"""The days that are told in hours."""
OPENING = SimulatedExchange.opens // HOUR


@pytest.fixture(scope="module")
def alerts() -> list[Event]:
    """What two months of hours of the simulated market set off by their volume."""
    engine = Engine(EngineSettings())
    history = SimulatedMarket(SYMBOLS, seed=7).history(datetime(2026, 11, 20, 20, tzinfo=UTC))
    for offset, record in enumerate(history):
        engine.fold(record, offset)
    events = engine.take_events()
    return [event for event in events if any(alert.rule == "volume_change" for alert in event.closed.alerts)]


def test_openings_of_the_session_are_no_more_than_a_few_of_the_volume_alerts(alerts: list[Event]) -> None:
    """Report: 535 of 1,141 hourly volume alerts were of the session's first hour."""
    hours = [event.closed.bar.start // HOUR % 24 for event in alerts if event.closed.bar.interval == "1h"]
    assert hours.count(OPENING) <= 0.05 * DAYS * len(SYMBOLS)
    assert len(hours) < 20


def hours_of(*volumes: float, opens: str = "2026-01-05T14:00", days: int = 30) -> list[Bar]:
    """The same hours of New York's session on the working days of so many, each day with these volumes."""
    bars = []
    for day in range(days):
        if datetime.fromtimestamp(second(opens) + day * 24 * HOUR, UTC).weekday() >= SATURDAY:
            continue
        for place, volume in enumerate(volumes):
            start = second(opens) + day * 24 * HOUR + place * HOUR
            bars.append(
                Bar("A", "1h", start, start + HOUR, 1.0, 1.0, 1.0, 1.0, volume, None, 1, "regular", "test")
            )
    return bars


def fired(bars: list[Bar]) -> list[int]:
    """When each bar began that set off a volume alert."""
    rules = Thresholds(AlertSettings(), DEFAULTS, "1h", context_of(calendar_of("XNYS"), "1h"))
    return [
        bar.start
        for bar in bars
        if any(alert.rule == "volume_change" for alert in rules.update(bar, NO_VALUES))
    ]


def test_busy_opening_of_every_day_is_usual_and_a_busy_noon_is_not() -> None:
    """Report: volume alerts flagged the session's open, day after day."""
    bars = hours_of(900.0, 100.0, 100.0, 500.0)
    assert fired(bars) == []
    noon = bars[-2]._replace(volume=300.0)
    assert fired([*bars[:-2], noon, bars[-1]]) == [noon.start]


def test_time_of_day_is_the_sessions_also_where_clocks_are_changed() -> None:
    """Scenario: New York opens at 14:30 UTC in winter and at 13:30 from 9 March 2026 on."""
    winter = hours_of(900.0, 100.0, 100.0, opens="2026-03-02T14:00", days=5)
    summer = hours_of(900.0, 100.0, 100.0, opens="2026-03-09T13:00", days=6)
    assert fired([*winter, *summer]) == []


def test_split_multiplies_what_is_usual() -> None:
    """Scenario: after a split of 7 for 1 there are seven times as many shares to trade."""
    rules = Thresholds(AlertSettings(), DEFAULTS, "1h", context_of(calendar_of("XNYS"), "1h"))
    bars = hours_of(100.0, days=14)
    for bar in bars[:-1]:
        rules.update(bar, NO_VALUES)
    rules.split(7.0)
    assert [
        alert.rule for alert in rules.update(bars[-1]._replace(volume=700.0, close=1 / 7), NO_VALUES)
    ] == []
