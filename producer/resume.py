"""What the log holds of each symbol, read from its end: there a live producer goes on."""

from producer.live.intake import Known
from producer.live.line import bar_order
from producer.publish import wait_until_still
from shared.errors import BadMessage
from shared.kafka import Log, LogBrowser, browse
from shared.market import CorporateAction, Quote, Record, RecordedBar
from shared.messages import decode

LOOK_BACK_MS = 180_000
"""Every symbol that is well has a time mark in each minute; one with none in so long is fetched anew."""


def known_in(log: Log) -> dict[str, Known]:
    """What is known of every symbol that has a record near the end of its partition. Raises Unavailable.

    A symbol that is left out here gets its whole history again: the fold takes what is new of it.
    """
    known: dict[str, Known] = {}
    with browse(log) as browser:
        wait_until_still(browser)
        for partition in range(log.partitions):
            _look_at(browser, partition, known)
    return known


def _look_at(browser: LogBrowser, partition: int, known: dict[str, Known]) -> None:
    newest = 0
    for message in browser.backwards(partition):
        newest = newest or message.timestamp
        if message.timestamp < newest - LOOK_BACK_MS:
            return
        try:
            record = decode(message.value, message.timestamp)
        except BadMessage:
            continue
        if not isinstance(record, CorporateAction) and record.symbol is not None:
            known[record.symbol] = _joined(known.get(record.symbol), record)


def _joined(later: Known | None, record: Record) -> Known:
    """What is known from a record and those behind it."""
    if isinstance(record, RecordedBar):
        order = bar_order(record)
        return later or Known(order[0], order)
    trade_id = record.trade_id if isinstance(record, Quote) else None
    time = record.event_time if isinstance(record, Quote) else record.time
    if later is None:
        return Known(time.timestamp(), None, trade_id)
    return later._replace(
        time=later.time if later.bar else max(later.time, time.timestamp()),
        trade_id=later.trade_id if later.trade_id is not None else trade_id,
    )
