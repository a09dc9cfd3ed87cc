"""The official close of a day, which the closing auction sets a moment after the end of the session.

Reported to Polygon and yfinance: the close of a day is in the minute from 16:00 on.
Yahoo's recorded closes in New York have the times 16:00:00 to 16:00:02, in the session "regular".
"""

from datetime import UTC, datetime

import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from shared.market.records import Bar, Quote, Record
from tests.inputs.records import bars_of, folded, kept, mark, restored, second

SETTINGS = EngineSettings(grace=2.0)
CLOSE = second("2026-11-25T21:00")
HALF_DAY = second("2026-11-27T18:00")
MUCH_LATER = 4 * 3600.0


def session_quote(
    time: float, price: float, size: float, session: str | None = "regular", exchange: str = "NMS"
) -> Quote:
    at = datetime.fromtimestamp(time, UTC)
    known = {"source": "yahoo", "position": 0, "received_time": at, "size": size}
    return Quote(symbol="A", event_time=at, price=price, session=session, exchange=exchange, **known)  # type: ignore[arg-type]


def closing(end: float, after: float, exchange: str = "NMS") -> list[Record]:
    """The last trade of a session, after-hours trading, and the auction so many seconds after the end."""
    return [
        session_quote(end - 10, 100.0, 10.0, exchange=exchange),
        session_quote(end + 0.5, 99.0, 3.0, "post", exchange),
        session_quote(end + after, 101.0, 50_000.0, exchange=exchange),
        session_quote(end + 20, 98.0, 5.0, "post", exchange),
    ]


def bars(records: list[Record], interval: str, end: float = CLOSE) -> list[tuple[float, float, float, str]]:
    """High, close, volume and session of the bars that closed."""
    found: list[Bar] = bars_of(folded(Engine(SETTINGS), [*records, mark(end + MUCH_LATER)]), interval)  # type: ignore[arg-type]
    return [(bar.high, bar.close, bar.volume, bar.session) for bar in found]


@pytest.mark.parametrize("after", [0.0, 1.0, 2.0, 3.5])
def test_close_of_the_day_is_that_of_its_auction_with_its_volume(after: float) -> None:
    assert bars(closing(CLOSE, after), "1d") == [(101.0, 101.0, 50_010.0, "regular")]
    assert bars(closing(CLOSE, after), "1m") == [
        (101.0, 101.0, 50_010.0, "regular"),
        (99.0, 98.0, 8.0, "post"),
    ]


def test_every_interval_agrees_on_the_close() -> None:
    for interval in ("5m", "15m", "1h"):
        assert bars(closing(CLOSE, 1.0), interval)[0][1:3] == (101.0, 50_010.0)


def test_half_day_has_its_auction_too() -> None:
    assert bars(closing(HALF_DAY, 1.0), "1d", HALF_DAY) == [(101.0, 101.0, 50_010.0, "regular")]


def test_auction_of_a_share_that_was_not_traded_in_the_last_minute_is_in_that_minute() -> None:
    records: list[Record] = [session_quote(CLOSE - 600, 100.0, 10.0), session_quote(CLOSE + 1, 101.0, 500.0)]
    assert bars(records, "1d") == [(101.0, 101.0, 510.0, "regular")]
    assert bars(records, "1m")[-1] == (101.0, 101.0, 500.0, "regular")


def test_price_received_after_the_last_minute_is_closed_changes_no_closed_bar() -> None:
    """It is in the bar of its own minute, as before."""
    records: list[Record] = [
        session_quote(CLOSE - 10, 100.0, 10.0),
        mark(CLOSE + 2.0),
        session_quote(CLOSE + 3, 101.0, 500.0),
    ]
    assert bars(records, "1d") == [(100.0, 100.0, 10.0, "regular")]
    assert bars(records, "1m")[-1] == (101.0, 101.0, 500.0, "post")


@pytest.mark.parametrize(
    ("exchange", "end"),
    [
        ("CCC", second("2026-11-25T00:00")),
        ("HKG", second("2026-11-25T04:00")),
        ("NYM", second("2026-11-25T22:00")),
    ],
)
def test_coins_lunch_breaks_and_sessions_without_a_pause_have_no_auction(exchange: str, end: float) -> None:
    records: list[Record] = [
        session_quote(end - 10, 100.0, 10.0, exchange=exchange),
        session_quote(end + 1, 101.0, 5.0, exchange=exchange),
    ]
    assert [bar[1:3] for bar in bars(records, "1m", end)] == [(100.0, 10.0), (101.0, 5.0)]


def test_quote_without_a_session_counts_at_its_own_time() -> None:
    records: list[Record] = [
        session_quote(CLOSE - 10, 100.0, 10.0, None),
        session_quote(CLOSE + 1, 101.0, 5.0, None),
    ]
    assert bars(records, "1d") == [(100.0, 100.0, 10.0, "regular")]


def test_fold_that_was_cut_before_the_auction_goes_on_as_if_it_had_not_been() -> None:
    records = [*closing(CLOSE, 1.0), mark(CLOSE + MUCH_LATER)]
    whole = folded(Engine(SETTINGS), records)
    for cut in range(1, len(records)):
        engine = Engine(SETTINGS)
        before = folded(engine, records[:cut])
        after = folded(restored(kept(engine), SETTINGS), records[cut:])
        assert [each.closed for each in (*before, *after)] == [each.closed for each in whole]
