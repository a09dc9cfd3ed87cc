"""A source restarts the numbering of its trades, for example when a pair of coins is delisted and listed again.

Reported to Binance: a pair was away for months. Reported to ccxt: numbers and times of trades are not in the same
order.
"""

from datetime import UTC, datetime

import pytest

from producer.live.deduplication import Deduplicator, KnownOfSymbol
from shared.market.records import Quote

MAY, JUNE = datetime(2022, 5, 13, tzinfo=UTC).timestamp(), datetime(2022, 5, 31, 6, tzinfo=UTC).timestamp()


def trade(second: float, number: int, price: float = 9.0) -> Quote:
    time = datetime.fromtimestamp(second, UTC)
    fields = {"source": "binance", "position": 0, "received_time": time, "size": 1.0}
    return Quote(symbol="LUNAUSDT", event_time=time, price=price, trade_id=number, **fields)  # type: ignore[arg-type]


def news(symbol: Deduplicator, *trades: Quote) -> list[int | None]:
    """The numbers of those that go into the log."""
    admitted = [symbol.admit(each, polled=False) for each in trades]
    return [each.trade_id for each in admitted if each is not None]


def known_in_may() -> Deduplicator:
    """What the log holds: 900,000 trades until the pair was taken off."""
    return Deduplicator("LUNAUSDT", KnownOfSymbol(MAY, None, 900_000, None, (MAY, 0.00005)))


def test_trades_of_a_new_count_are_news_each_once() -> None:
    """All of them were taken for duplicates, permanently and without a report."""
    count = [trade(JUNE + number, number) for number in (0, 1, 2)]
    assert news(known_in_may(), *count, *count, trade(JUNE + 3, 3)) == [0, 1, 2, 3]


@pytest.mark.parametrize("late", [0.0, -5.0, 1.0, 59.0])
def test_lower_number_about_the_same_time_is_a_trade_that_is_known(late: float) -> None:
    symbol = known_in_may()
    assert news(symbol, trade(JUNE, 900_001), trade(JUNE + late, 900_000), trade(JUNE + late, 7)) == [900_001]
    assert symbol.duplicates == 2


def test_number_is_a_known_one_where_no_time_is_known() -> None:
    assert news(Deduplicator("LUNAUSDT", KnownOfSymbol(0.0, None, 7)), trade(JUNE, 6), trade(JUNE, 8)) == [8]
