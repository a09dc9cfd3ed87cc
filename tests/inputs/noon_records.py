"""Records from a noon on, one every ten seconds of event time; the number of a record is its position."""

from datetime import UTC, datetime, timedelta

from shared.market.records import Quote, TimeMark

NOON = datetime(2024, 1, 2, 12, 0, tzinfo=UTC)


def quotes(first: int, count: int, price: float = 10.0, symbol: str = "AAA") -> list[Quote]:
    """So many quotes of one symbol, from the quote with that number on."""
    times = [NOON + timedelta(seconds=10 * number) for number in range(first, first + count)]
    return [
        Quote(
            symbol=symbol, event_time=time, price=price, source="test", position=first + n, received_time=time
        )
        for n, time in enumerate(times)
    ]


def mark(number: int) -> TimeMark:
    """A time mark at the time of the quote of that number."""
    time = NOON + timedelta(seconds=10 * number)
    return TimeMark(time=time, source="test", position=number, received_time=time)
