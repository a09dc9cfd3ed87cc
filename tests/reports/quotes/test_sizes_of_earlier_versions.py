"""Sizes that earlier versions took from a day's volume are reported in a data alert, once."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from consumer.tables import QUOTE_COLUMNS, make_day, quote_row
from db import migrate as migrations
from db.migrate import migrate
from shared.market.records import Quote
from shared.postgres.database import connect, copy_rows, make_database, transaction
from tests.integration.desk import Desk

NAME = "0007_sizes_from_a_days_volume.sql"
COLUMNS = QUOTE_COLUMNS[: QUOTE_COLUMNS.index("conditions")]
"""What `quotes` had then."""
A_MONTH_AGO = (datetime.now(UTC) - timedelta(days=30)).replace(hour=9, minute=4, second=0, microsecond=0)


def quote(minute: int, symbol: str, **fields: Any) -> Quote:
    """A quote as an earlier version stored it."""
    time = A_MONTH_AGO + timedelta(minutes=minute)
    values: dict[str, Any] = {
        "source": "yahoo",
        "exchange": "NMS",
        "currency": "USD",
        "position": 0,
        **fields,
    }
    return Quote(symbol=symbol, event_time=time, received_time=time, price=245.24, **values)


STORED = [
    quote(0, "AAPL", session="pre", size=53_197_431.0, day_volume=53_197_431.0),
    quote(5, "AAPL", session="pre", size=0.0, day_volume=53_197_431.0),
    quote(900, "AAPL", session="post", size=50_000_000.0, day_volume=50_000_000.0),
    quote(1, "BTC-USD", exchange="CCC", session="regular", size=1_500_000.0, day_volume=45_121_500_000.0),
    quote(3, "BTC-USD", exchange="CCC", session="regular", size=7_000_000.0, day_volume=45_126_000_000.0),
    quote(440, "BP.L", exchange="LSE", session="regular", size=900.0, day_volume=4_000_000.0),
    quote(451, "BP.L", exchange="LSE", session="regular", size=5_000_000.0, day_volume=5_000_000.0),
    quote(0, "MSFT", session="pre", size=120.0),
    quote(30, "MSFT", session="regular", size=1_200_000.0, day_volume=1_200_000.0),
    quote(31, "MSFT", session="post", size=400.0, day_volume=1_200_400.0),
    quote(2, "ETH", source="binance", exchange=None, size=2.0),
]


@pytest.fixture
def older(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of the version before, with quotes in it; its DSN."""
    folder = tmp_path / "migrations"
    copytree(migrations.MIGRATIONS, folder)
    for path in folder.glob("*.sql"):
        if path.name >= NAME:
            path.unlink()
    dsn = make_database(desk.config.postgres.dsn_for("postgres"), desk.config.database())
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", folder)
        migrate(dsn)
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        for day in (0, 1):
            make_day(cursor, int(A_MONTH_AGO.timestamp()) // 86_400 + day)
        rows = [quote_row(0, offset, each)[: len(COLUMNS)] for offset, each in enumerate(STORED)]
        copy_rows(cursor, "quotes", COLUMNS, rows)
    return dsn


def test_sizes_taken_from_a_days_volume_are_named_with_period_and_count_and_once(
    older: str, desk: Desk
) -> None:
    """Polled prices before and after the session, and polled coins: what was stored falsely is not kept in silence."""
    assert NAME in migrate(older)
    query = "select symbol, kind, cleared_at, detail from data_alerts order by symbol"
    apple, london, bitcoin = desk.rows(query)
    assert (london[:3], london[3][:20]) == (("BP.L", "volume", None), "1 of its quotes from")
    assert apple[:3] == ("AAPL", "volume", None)
    late = A_MONTH_AGO + timedelta(minutes=900)
    assert apple[3] == (
        f"2 of its quotes from {A_MONTH_AGO:%Y-%m-%d %H:%M} to {late:%Y-%m-%d %H:%M} UTC have a size that an earlier"
        " version took from the volume of a whole day; the volume of bars in that time is too high"
    )
    assert bitcoin[:3] == ("BTC-USD", "volume", None)
    assert bitcoin[3].startswith("2 of its quotes from ")
    assert "the moving volume of 24 hours" in bitcoin[3]
    assert NAME not in migrate(older)
    assert len(desk.rows(query)) == 3


def test_quotes_stay_as_they_were_stored(older: str, desk: Desk) -> None:
    """What is stored is named, never rewritten."""
    before = 'select "offset", size, day_volume from quotes order by "offset"'
    stored = [(offset, each.size, each.day_volume) for offset, each in enumerate(STORED)]
    migrate(older)
    assert desk.rows(before) == stored


def test_new_database_has_no_such_alert(desk: Desk) -> None:
    """Nothing was stored falsely in it."""
    assert desk.rows("select count(*) from data_alerts") == [(0,)]
