"""Reads the last state of each symbol from the end of the log, where a live producer continues."""

from collections.abc import Mapping
from typing import NamedTuple

from producer.live.backfill import bar_order
from producer.live.deduplication import KnownOfSymbol
from producer.publishing.lease import Lease
from shared.errors import BadMessage
from shared.kafka import Log, LogReader, open_log
from shared.market.messages import decode
from shared.market.records import CorporateAction, Headline, Quote, Record, RecordedBar

LOOK_BACK_MS = 180_000
"""A healthy symbol has a time mark every minute; the history of one without any for this long is loaded again."""


class StoredSymbol(NamedTuple):
    """The stored currency of a symbol, and time (epoch seconds) and price of its last quote."""

    currency: str | None
    quoted: tuple[float, float]


def merged(
    known: Mapping[str, KnownOfSymbol], stored: Mapping[str, StoredSymbol]
) -> dict[str, KnownOfSymbol]:
    """The state of all symbols from the end of the log, completed from the tables."""
    all_known = dict(known)
    for symbol, (currency, quoted) in stored.items():
        logged = known.get(symbol, KnownOfSymbol(0.0))
        all_known[symbol] = logged._replace(
            currency=logged.currency or currency, quoted=max(logged.quoted, quoted)
        )
    return all_known


def read_known(log: Log, lease: Lease) -> dict[str, KnownOfSymbol]:
    """The state of all symbols with a valid record near the end of their partitions.

    Raises Unavailable. A symbol not found gets its whole history again, of which the fold uses only what is new.
    """
    known: dict[str, KnownOfSymbol] = {}
    with open_log(log) as reader:
        for partition in range(log.partitions):
            _read_partition(reader, partition, lease, known)
    return known


def _read_partition(reader: LogReader, partition: int, lease: Lease, known: dict[str, KnownOfSymbol]) -> None:
    newest = 0
    for message in reader.backwards(partition):
        newest = newest or message.timestamp
        if message.timestamp < newest - LOOK_BACK_MS:
            return
        if not lease.counts(partition, message):
            continue
        try:
            record = decode(message.value, message.timestamp)
        except BadMessage:
            continue
        if not isinstance(record, CorporateAction | Headline) and record.symbol is not None:
            known[record.symbol] = _merged(known.get(record.symbol), record)


def _merged(later: KnownOfSymbol | None, record: Record) -> KnownOfSymbol:
    """Merge a record into the state from later records."""
    if isinstance(record, RecordedBar):
        order = bar_order(record)
        known = later or KnownOfSymbol(order[0], order)
        return known._replace(currency=known.currency or record.currency)
    if not isinstance(record, Quote):
        return _merged_with_time(later, record.time.timestamp())
    known = _merged_with_time(later, time := record.event_time.timestamp())
    return known._replace(
        trade_id=known.trade_id if known.trade_id is not None else record.trade_id,
        currency=known.currency or record.currency,
        quoted=known.quoted if known.quoted[0] >= time else (time, record.price),
    )


def _merged_with_time(later: KnownOfSymbol | None, time: float) -> KnownOfSymbol:
    if later is None:
        return KnownOfSymbol(time)
    return later if later.bar else later._replace(time=max(later.time, time))
