"""A log of two partitions with a symbol in each, rules that compare them, and processes that read it."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple, cast

from analytics.alerts.language.normal_form import normal_form
from analytics.alerts.language.reading import read_rule
from analytics.engine.engine_settings import EngineSettings
from analytics.indicators.catalog import DEFAULTS
from analytics.runtime.processor import Analysis
from analytics.store.rules.closed_bars import StoredClosedBars
from shared.kafka import Message
from shared.market.messages import encode
from shared.market.records import CorporateAction, Quote
from shared.postgres.database import Connection, connect, transaction
from shared.progress.batches import Batch, decoded
from shared.progress.offsets import advance, begin
from shared.settings.analysis_settings import AcrossSettings
from tests.inputs.records import rule_change
from tests.integration.fold_runs import MORNING, READING, LoggedMessage, appended_at
from tests.unit.quick_search import pooled
from tests.waiting import wait_for

RULES = {
    1: "GLD.close / GLD.close[1] > SPY.close / SPY.close[1] + 0.2%",
    2: "close > SPY.close[1] and rsi(5) > 40 on 5m",
    3: "SPY: close > GLD.close for 2 bars every 10m severity critical",
}
TEXTS = {rule_id: normal_form(read_rule(text, DEFAULTS)) for rule_id, text in RULES.items()}
SETTINGS = EngineSettings()
ARMED, SPLIT, MINUTES = 20, 70, 150
"""The minutes after which the first rule is armed, and at which SPY is split; and how many there are."""
STALLED, BACK = 40, 75
"""The minutes between which SPY has no quotes, in a log in which it does so."""

Logs = Mapping[int, list[LoggedMessage]]
"""The messages of both partitions: GLD is in the first one, SPY in the second."""


def prices(symbol: str, minutes: range, seed: int) -> Iterator[Quote | CorporateAction]:
    """A quote every twenty seconds; two shares for one of SPY."""
    chance = Random(seed)
    for number in range(3 * minutes.stop):
        price = 100.0 * (1 + chance.gauss(0, 0.002))
        at = MORNING + timedelta(seconds=20 * number)
        known: dict[str, Any] = {"symbol": symbol, "source": "test", "received_time": at, "exchange": "XNYS"}
        is_split = symbol == "SPY" and number >= 3 * SPLIT
        if is_split and number == 3 * SPLIT:
            yield CorporateAction(**known, action="split", time=at, value=2.0, position=0)
        if number >= 3 * minutes.start:
            shown = price / 2 if is_split else price
            yield Quote(**known, event_time=at, price=shown, size=1.0, position=number)


def change(rule_id: int, version: int, text: str) -> bytes:
    return encode(rule_change(MORNING.timestamp(), version, text, rule_id))


def logged(values: list[bytes]) -> list[LoggedMessage]:
    return [LoggedMessage(offset, value, appended_at(offset)) for offset, value in enumerate(values)]


def logs() -> Logs:
    """Three rules are armed, at other places in each partition; one is disarmed and armed again."""
    found = {}
    for partition, symbol in enumerate(("GLD", "SPY")):
        values = [encode(each) for each in prices(symbol, range(MINUTES), seed=partition + 1)]
        late = 4 * partition
        values.insert(3 * 120 + late, change(1, 3, TEXTS[1]))
        values.insert(3 * 100 + late, change(1, 2, ""))
        values.insert(3 * 30 + late, change(3, 1, TEXTS[3]))
        values.insert(3 * ARMED + late, change(2, 1, TEXTS[2]))
        values.insert(3 * ARMED + late, change(1, 1, TEXTS[1]))
        found[partition] = logged(values)
    return found


def batch_of(partition: int, messages: list[LoggedMessage]) -> Batch:
    return decoded(partition, messages[0].offset, cast(list[Message], messages), partitions=2)


class Process:
    """A process of the analytics part with these partitions."""

    def __init__(self, desk: "Desk", log: Logs, partitions: tuple[int, ...] = (0, 1)) -> None:
        self._log, self._partitions = log, partitions
        self._connection = connect(desk.dsn, "test")
        self._ends: Mapping[int, int] = {}
        stored = StoredClosedBars(desk.dsn)
        across = AcrossSettings(wait_seconds=600)
        self._analysis = Analysis(
            READING, SETTINGS, pooled(), closed_bars=stored, across=across, ends=lambda: self._ends
        )
        self._written = {partition: self._resume(partition) for partition in partitions}

    def _resume(self, partition: int) -> int:
        with transaction(self._connection) as cursor:
            written = begin(cursor, READING, partition, 0)
            since = self._analysis.resume(cursor, partition, written)
        if since < written:
            self._analysis.refold(batch_of(partition, self._log[partition][since:written]))
        return written

    def step(self, partition: int, until: int, size: int = 30) -> bool:
        """Process some messages; returns whether there were any."""
        first = self._written[partition]
        messages = self._log[partition][first : min(until, first + size)]
        if messages:
            batch = batch_of(partition, messages)
            self._analysis.fold(batch)
            with transaction(self._connection) as cursor:
                self._analysis.write(cursor)
                advance(cursor, READING, [batch.step])
            self._written[partition] = batch.step.reached
        self.rest()
        return bool(messages)

    def rest(self) -> None:
        """Do what is done between two commits."""
        self._analysis.between_commits(self._connection)

    def has_given_up(self, desk: "Desk") -> bool:
        """Whether a symbol was given up, now at the latest."""
        self.rest()
        return bool(desk.rows("given_up_symbols"))

    def read(self, until: Mapping[int, int]) -> None:
        """Read these partitions to these ends, some messages of each after the other."""
        self._ends = until
        while True:
            steps = [self.step(partition, until[partition]) for partition in self._partitions]
            if not any(steps):
                return

    def end(self) -> None:
        """End cleanly."""
        self._analysis.finish(self._connection)
        self.kill()

    def kill(self) -> None:
        """End without finishing anything."""
        self._analysis.close()
        self._connection.close()


class Desk(NamedTuple):
    """A database with the tables of this version."""

    dsn: str
    connection: Connection

    def rows(self, table: str) -> list[str]:
        with transaction(self.connection) as cursor:
            cursor.execute(f"select to_jsonb(t)::text from {table} t order by 1")
            return [text for (text,) in cursor.fetchall()]

    def seconds(self, query: str) -> list[tuple[float, float]]:
        """Pairs of times, in epoch seconds."""
        with transaction(self.connection) as cursor:
            cursor.execute(query)
            return [(one.timestamp(), other.timestamp()) for one, other in cursor.fetchall()]

    def fired(self) -> dict[str, list[tuple[str, int, dict[str, float]]]]:
        """Symbol, end and values of each alert, by rule."""
        with transaction(self.connection) as cursor:
            cursor.execute(
                "select rule, symbol, extract(epoch from event_time)::bigint, named_values from alerts"
                " where rule like 'rule %' order by event_time, symbol"
            )
            found: dict[str, list[tuple[str, int, dict[str, float]]]] = {}
            for rule, *alert in cursor.fetchall():
                found.setdefault(rule, []).append((alert[0], alert[1], alert[2]))
            return found


def left_alone(desk: Desk, log: Logs) -> Desk:
    process = Process(desk, log)
    process.read({partition: len(messages) for partition, messages in log.items()})
    process.end()
    return desk


def stalled_log() -> Logs:
    """SPY has no quote from its fortieth minute until its seventy-fifth."""
    before = [encode(each) for each in prices("SPY", range(STALLED), seed=2)]
    after = [encode(each) for each in prices("SPY", range(BACK, MINUTES), seed=2)]
    armed = [change(1, 1, TEXTS[1])]
    gld = [encode(each) for each in prices("GLD", range(MINUTES), seed=1)]
    return {0: logged(armed + gld), 1: logged(armed + before + after)}


def with_a_stall(desk: Desk) -> Logs:
    """Both are read to the end, and SPY stalls in between. Returns the log."""
    log = stalled_log()
    process = Process(desk, log)
    process.read({0: 3 * BACK, 1: 1 + 3 * STALLED})
    wait_for(lambda: process.has_given_up(desk))
    process.read({partition: len(messages) for partition, messages in log.items()})
    process.end()
    return log
