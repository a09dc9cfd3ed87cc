"""Runs of the analytics fold over a log in memory, each from its start to its end or a kill."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

import msgspec

from analytics.engine.engine_settings import EngineSettings
from analytics.runtime.processor import Analysis
from shared.kafka import Message
from shared.market.messages import encode
from shared.market.records import CorporateAction, Quote
from shared.postgres.database import Connection, transaction
from shared.progress.batches import Batch, decoded
from shared.progress.offsets import GroupOnTopic, advance, begin
from tests.inputs.records import periods
from tests.unit.quick_search import pooled

MORNING = datetime(2024, 1, 2, 15, 0, tzinfo=UTC)
"""Ten o\'clock in New York."""
READING = GroupOnTopic("group", "topic")
OLD = EngineSettings()
NEW_PERIODS = replace(OLD, indicators=periods(rsi_period=7, sma_short_period=5))


def appended_at(offset: int) -> int:
    """When the broker appended the message at an offset, in epoch milliseconds."""
    return 2_000_000_000_000 + 1_237 * offset


class LoggedMessage(NamedTuple):
    """A message as the log gives it."""

    offset: int
    value: bytes
    timestamp: int
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


def log_of(minutes: int) -> list[LoggedMessage]:
    """A quote every ten seconds, its price walking up and down; every fourth one has no ask."""
    quotes = [
        Quote(
            symbol="ACME",
            event_time=MORNING + timedelta(seconds=10 * number),
            price=100 + (number * 7919 % 101) / 10,
            size=1.0,
            bid=99.0,
            ask=99.1 + number * 31 % 17 / 10 if number % 4 else None,
            source="test",
            position=number,
            received_time=MORNING + timedelta(seconds=10 * number),
            exchange="XNYS",
        )
        for number in range(6 * minutes)
    ]
    return [LoggedMessage(number, encode(quote), appended_at(number)) for number, quote in enumerate(quotes)]


def log_of_two(minutes: int) -> list[LoggedMessage]:
    """The quotes of ACME, and the same ones of ZETA."""
    messages: list[LoggedMessage] = []
    for message in log_of(minutes):
        quote = msgspec.json.decode(message.value, type=Quote)
        for symbol in ("ACME", "ZETA"):
            value = encode(msgspec.structs.replace(quote, symbol=symbol))
            messages.append(LoggedMessage(len(messages), value, appended_at(len(messages))))
    return messages


def log_with_a_split() -> list[LoggedMessage]:
    """Two for one after an hour: from there on half of each price. An older split is received too late."""
    split = CorporateAction(
        symbol="ACME",
        action="split",
        time=MORNING + timedelta(hours=1),
        value=2.0,
        source="test",
        position=0,
        received_time=MORNING + timedelta(hours=1),
        exchange="XNYS",
    )
    older = msgspec.structs.replace(split, time=MORNING + timedelta(minutes=30), value=3.0)
    records: list[Quote | CorporateAction] = []
    for message in log_of(180):
        quote = msgspec.json.decode(message.value, type=Quote)
        new = quote.event_time >= split.time
        records += [split, older] if new and split not in records else []
        records.append(msgspec.structs.replace(quote, price=quote.price / 2) if new else quote)
    return [
        LoggedMessage(number, encode(record), appended_at(number)) for number, record in enumerate(records)
    ]


def batch_of(messages: list[LoggedMessage]) -> Batch:
    return decoded(0, messages[0].offset, cast(list[Message], messages), partitions=1)


def fold(
    connection: Connection, settings: EngineSettings, log: list[LoggedMessage], until: int, killed: bool
) -> None:
    """One run of the part: from its start, over the log up to `until`, to its end, which may be a kill."""
    with closing(Analysis(READING, settings, pooled())) as analysis:
        run(analysis, connection, log, until, killed)


def run(
    analysis: Analysis, connection: Connection, log: list[LoggedMessage], until: int, killed: bool
) -> None:
    with transaction(connection) as cursor:
        written = begin(cursor, READING, 0, 0)
        read_from = analysis.resume(cursor, 0, written)
    if read_from < written:
        analysis.refold(batch_of(log[read_from:written]))
    for start in range(written, until, 50):
        batch = batch_of(log[start : min(start + 50, until)])
        analysis.fold(batch)
        with transaction(connection) as cursor:
            analysis.write(cursor)
            advance(cursor, READING, [batch.step])
        if not killed:
            analysis.between_commits(connection)
    if not killed:
        analysis.finish(connection)


def table(connection: Connection, name: str) -> list[tuple[Any, ...]]:
    with transaction(connection) as cursor:
        cursor.execute(f"select * from {name} order by symbol, interval, start")
        return cursor.fetchall()
