"""The last price of a symbol that has recorded bars. Pure."""

from datetime import UTC, datetime

from shared.market.records import Quote, RecordedBar


def close_as_quote(record: RecordedBar, end: int) -> Quote:
    """The close of a recorded bar that ends at `end`, epoch seconds, as the last quote of its symbol."""
    return Quote(
        symbol=record.symbol,
        event_time=min(datetime.fromtimestamp(end, UTC), record.received_time),
        price=record.close,
        source=record.source,
        position=record.position,
        received_time=record.received_time,
        currency=record.currency,
        exchange=record.exchange,
    )
