"""python -m analytics.replay --from-log where settings or the version have changed among the records."""

import pytest

from analytics.analytics_consumer import analyse
from analytics.runtime.comparison.verdict import DIFFERENT, IDENTICAL
from tests.inputs.records import split
from tests.integration.comparison.replayed import compared, execute
from tests.integration.comparison.trading import OPEN, trading
from tests.integration.desk import Desk, printed
from tests.reports.log.folded_logs import FEW_ORDERS

SETTINGS = {
    **FEW_ORDERS,
    "KAFKA_PARTITIONS": "1",
    "FORECAST_INTERVALS": "1m",
    "ARIMA_MIN_OBSERVATIONS": "10",
    "ALERT_INTERVALS": "1m,5m",
    "PRICE_CHANGE_THRESHOLD": "0.05",
}
CHANGES: dict[str, dict[str, str]] = {
    "horizon": {"ARIMA_FORECAST_STEPS": "3"},
    "observations": {"ARIMA_MIN_OBSERVATIONS": "20"},
    "intervals": {"FORECAST_INTERVALS": "5m,1m"},
    "no forecasts": {"FORECAST_INTERVALS": "none"},
    "threshold": {"PRICE_CHANGE_THRESHOLD": "0.01"},
    "alerts": {"ALERT_INTERVALS": "1m"},
    "grace": {"BAR_GRACE_SECONDS": "30"},
}


@pytest.fixture
def changing(desk: Desk) -> Desk:
    """An hour and a half that the analytics have read, with a split after the first hour."""
    desk.settings |= SETTINGS
    desk.publish([*trading(0, 60), split(OPEN + 3600, 2.0), *trading(60, 30, shares=2.0)])
    read(desk)
    return desk


def read(desk: Desk) -> None:
    with desk.at_work(analyse):
        desk.wait_until_read("analytics")
        desk.wait_until_rebuilt()


@pytest.mark.variant
def test_rows_of_several_settings_are_identical_with_a_fold_that_changes_them_at_the_same_records(
    changing: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = changing.settings
    for number, change in enumerate(CHANGES.values()):
        changing.settings = settings | change
        changing.publish(trading(90 + 15 * number, 15, shares=2.0))
        read(changing)
    assert compared(changing) == IDENTICAL
    assert changing.rows("select count(*) from analysis_settings") == [(1 + len(CHANGES),)]
    assert "not compared" not in printed(capsys)


def test_a_change_of_settings_that_is_not_stored_is_a_difference(changing: Desk) -> None:
    changing.settings = changing.settings | CHANGES["threshold"]
    changing.publish(trading(90, 30, shares=2.0))
    read(changing)
    assert compared(changing) == IDENTICAL
    execute(changing, "delete from analysis_settings where from_offset > 0")
    assert compared(changing) == DIFFERENT


def test_settings_that_an_earlier_version_did_not_store_are_assumed_and_this_is_printed(
    changing: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    execute(changing, "delete from analysis_settings")
    changing.publish(trading(90, 2, shares=2.0))
    read(changing)
    assert compared(changing) == IDENTICAL
    assert "the settings before offset 541 of partition 0 are not stored: it is assumed" in printed(capsys)


def test_alerts_and_forecasts_of_an_earlier_version_are_left_out(
    changing: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    execute(changing, """update partition_snapshots set state = '{"version": 0}'""")
    execute(changing, "update forecasts set close = close * 2; update alerts set value = 0")
    kept = [changing.rows(f"select count(*) from {table}")[0][0] for table in ("alerts", "forecasts")]
    changing.publish(trading(90, 30, shares=2.0))
    read(changing)
    assert compared(changing) == IDENTICAL
    output = printed(capsys)
    for name, rows in zip(("alerts", "forecasts"), kept, strict=True):
        assert f"not compared: {rows} rows, {name}: an earlier version calculated them" in output
    execute(changing, "update forecasts set close = close * 2")
    assert compared(changing) == DIFFERENT
