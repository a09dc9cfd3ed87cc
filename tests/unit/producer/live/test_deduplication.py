"""Which quotes of a source are new."""

from datetime import UTC, datetime, timedelta

from producer.live.day_volume import DayVolume
from producer.live.deduplication import Deduplicator, KnownOfSymbol
from shared.market.records import Quote

TEN = datetime(2024, 7, 10, 14, tzinfo=UTC)


def quote(second: float, price: float = 100.0, **fields: object) -> Quote:
    """A quote so many seconds after ten o'clock in New York."""
    time = TEN + timedelta(seconds=second)
    known = {"source": "yahoo", "exchange": "NMS", "currency": "USD"} | fields
    return Quote(symbol="A.B", event_time=time, price=price, position=0, received_time=time, **known)  # type: ignore[arg-type]


def deduplicator(known: KnownOfSymbol | None = None) -> Deduplicator:
    """The deduplicator of one symbol, which we call A."""
    return Deduplicator("A", known)


def test_quote_gets_our_own_name_of_the_symbol() -> None:
    admitted = deduplicator().admit(quote(0), polled=False)
    assert admitted is not None
    assert admitted.symbol == "A"


def test_same_view_of_the_last_trade_is_no_news() -> None:
    symbol = deduplicator()
    assert symbol.admit(quote(0, day_volume=5.0), polled=False)
    assert symbol.admit(quote(0, day_volume=5.0), polled=False) is None
    assert symbol.admit(quote(0, day_volume=6.0), polled=False), "more was traded at the same price and time"
    assert symbol.duplicates == 1


def test_honest_duplicates_among_trades_stay() -> None:
    symbol = deduplicator()
    assert all(symbol.admit(quote(0, size=4.0), polled=False) for _ in range(3))


def test_numbered_trade_comes_once_whatever_is_offered_again() -> None:
    symbol = deduplicator(KnownOfSymbol(0.0, None, trade_id=7))
    admitted = [symbol.admit(quote(0, size=1.0, trade_id=number), polled=False) for number in (6, 7, 8, 8, 9)]
    assert [each.trade_id for each in admitted if each] == [8, 9]
    assert symbol.duplicates == 3


def test_polled_quote_counts_only_where_it_is_newer_than_all_before() -> None:
    symbol = deduplicator()
    symbol.admit(quote(10.5), polled=False)
    assert symbol.admit(quote(10, 99.0), polled=True) is None
    assert symbol.admit(quote(11, 99.0), polled=True)


def test_quotes_in_the_log_are_not_published_again_after_a_restart() -> None:
    symbol = deduplicator(KnownOfSymbol(TEN.timestamp() + 10))
    assert symbol.admit(quote(10), polled=True) is None
    assert symbol.admit(quote(11), polled=True)


def test_quote_out_of_order_is_kept_and_counted() -> None:
    symbol = deduplicator()
    symbol.admit(quote(10), polled=False)
    assert symbol.admit(quote(9, 99.0), polled=False)
    assert symbol.out_of_order == 1


def test_size_is_the_difference_of_the_volumes_of_the_day() -> None:
    sizes = _sizes(quote(0, day_volume=100.0), quote(1, day_volume=130.0), quote(2, day_volume=130.5))
    assert sizes == [None, 30.0, 0.5]


def test_quote_out_of_order_gives_no_size_and_takes_none_away() -> None:
    sizes = _sizes(quote(0, day_volume=100.0), quote(-1, day_volume=90.0), quote(1, day_volume=110.0))
    assert sizes == [None, None, 10.0]


def test_volume_that_was_reset_overnight_counts_from_nothing() -> None:
    day = 86_400
    assert _sizes(quote(0, day_volume=900.0), quote(day, day_volume=40.0)) == [None, 40.0]


def test_volume_that_falls_within_a_day_is_an_older_one_that_came_late() -> None:
    volume = DayVolume()
    assert [volume.size(1, each) for each in (100.0, 60.0, 70.0, 130.0)] == [None, None, None, 30.0]


def test_no_size_is_made_up_over_a_gap() -> None:
    symbol = deduplicator()
    symbol.admit(quote(0, day_volume=100.0), polled=False)
    symbol.after_gap()
    admitted = symbol.admit(quote(600, day_volume=9_000.0), polled=False)
    assert admitted is not None
    assert admitted.size is None


def test_quotes_in_another_currency_are_refused_until_the_first_one_is_back() -> None:
    symbol = deduplicator()
    symbol.admit(quote(0), polled=False)
    assert symbol.admit(quote(1, currency="EUR"), polled=False) is None
    assert symbol.other_currency == "EUR"
    assert symbol.admit(quote(2), polled=False)
    assert symbol.other_currency is None
    assert symbol.refused == 1


def test_streamed_quote_carries_the_figures_of_the_day_from_a_poll() -> None:
    symbol = deduplicator()
    symbol.learn(quote(0, previous_close=98.0, day_open=99.0))
    admitted = symbol.admit(quote(1), polled=False)
    assert admitted is not None
    assert (admitted.previous_close, admitted.day_open) == (98.0, 99.0)


def test_figures_of_one_day_are_not_carried_to_the_next() -> None:
    symbol = deduplicator()
    symbol.learn(quote(0, previous_close=98.0))
    admitted = symbol.admit(quote(86_400), polled=False)
    assert admitted is not None
    assert admitted.previous_close is None


def _sizes(*quotes: Quote) -> list[float | None]:
    """What each of these quotes of one symbol stands for."""
    symbol = deduplicator()
    admitted = [symbol.admit(each, polled=False) for each in quotes]
    assert all(admitted)
    return [each.size for each in admitted if each]
