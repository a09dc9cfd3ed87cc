"""Trading hours change with a new version: what depends on them is calculated again once, with progress."""

import logging

import pytest

from analytics.runtime import rebuild
from shared.calendars.calendars import calendar_of
from shared.postgres.database import Connection
from tests.integration.fold_runs import OLD, fold, log_of, table


def test_indicators_are_recalculated_once_when_trading_hours_changed(
    databases: tuple[Connection, Connection],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Scenario: a database of the version before, which counted the lunch break as minutes of trading."""
    caplog.set_level(logging.INFO, "tickstream.analytics")
    monkeypatch.setattr(rebuild, "PROGRESS_SYMBOLS", 1)
    changed, fresh = databases
    log = log_of(180)
    with monkeypatch.context() as before:
        before.setattr(calendar_of("XNYS"), "day_seconds", 9 * 3600)
        fold(changed, OLD, log, 700, killed=False)
    old = table(changed, "indicators")
    fold(changed, OLD, log, len(log), killed=False)
    fold(changed, OLD, log, len(log), killed=False)
    fold(fresh, OLD, log, len(log), killed=False)
    assert table(changed, "indicators")[: len(old)] != old
    for name in ("bars", "indicators", "open_bars"):
        assert table(changed, name) == table(fresh, name)
    logged = [message for message in caplog.messages if "recalculated" in message]
    assert logged == [
        "Indicators of partition 0 (1 symbols) are recalculated from closed bars, because settings of volatility or "
        "trading hours changed."
    ]
