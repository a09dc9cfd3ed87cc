"""Many faults in a short time: providers that fail every few seconds, with an account of every quote they offered.

    python -m benchmarks.provider_faults                 twenty minutes, 200 quotes per second, a fault every 5 s
    python -m benchmarks.provider_faults --minutes 2     a short run

Producer, storage and analytics run as their real processes on an embedded Kafka and PostgreSQL of the benchmark. Yahoo
and Binance are a stand-in on 127.0.0.1 in this process that uses their protocols. At the end all processes and files
are removed.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from benchmarks.staging.live.account import Fate, MinutesAccount, Recovery, fate, minutes, recovered
from benchmarks.staging.live.desk import LiveDesk
from benchmarks.staging.live.faults import HTTP_TIMEOUT, STREAM_SILENCE, Faults
from benchmarks.staging.live.offering import PROVIDERS, Trading, instruments, sources
from benchmarks.staging.part import Part
from benchmarks.staging.stage import Stage, say, stage, until
from benchmarks.staging.tables import table
from tests.standin import Instrument, Market, StandIn

NAME = "provider-faults"
SYMBOLS = 20
PARTS = {
    "producer": "producer.producer",
    "storage": "consumer.consumer",
    "analytics": "analytics.analytics_consumer",
}
LOOK_SECONDS = 0.05
PROGRESS_SECONDS = 30.0
SETTLED_SECONDS = 120.0
"""Seconds until the first measurement of memory."""
CALM_SECONDS = 150.0
"""Trading continues this long after the last fault: the longest pause between two attempts and a whole minute."""
GROUPS, SMALL_LAG = 2, 1_000
FOOT = """\
quotes in the log   time from the fault until the log has a quote of that provider that was traded after it, streamed or
                    polled. stream: until frames are sent over an open connection again. A fault during another one is
                    counted with its own time; silence and absence of the server affect both providers.
stored              rows in quotes, polled quotes included.
lost                Binance: trades without a row. Yahoo: frames sent over an open connection without a row.
in transit          frames sent less than a second before the connection was reset, or just as it broke.
not sent            traded while no connection was open; Yahoo never sends these trades again, only their minute bars.
unknown             rows of quotes that were never offered.
as traded           minutes whose open, high, low, close and volume are exactly those traded. Yahoo's stream has no
                    volume of coins, so live minutes of these have none.
"""


class Sizes(NamedTuple):
    """Resident memory of each part in megabytes, `at` seconds after the start."""

    at: float
    parts: dict[str, float]


class FaultyRun:
    """One run; its results are in `faults`, `trading` and `sizes`."""

    def __init__(self, standin: StandIn, traded: list[Instrument], options: argparse.Namespace) -> None:
        self._seconds = 60.0 * float(options.minutes)
        self.trading = Trading(standin, traded, options.rate, options.seed)
        followed = {provider: traded[turn].name_at(provider) or "" for turn, provider in enumerate(PROVIDERS)}
        self.faults = Faults(standin, followed, options.every, options.seed)
        self.sizes: list[Sizes] = []
        self._began = self._printed_at = 0.0

    def run(self, parts: dict[str, Part]) -> float:
        """Faults for the set time, then none; returns the time at which the faults ended, epoch seconds."""
        self._began = time.time()
        troubled = self._began + self._seconds
        self._go_on(parts, troubled, self.faults.step)
        self.faults.end()
        self._go_on(parts, troubled + CALM_SECONDS, self.faults.look)
        self._record_memory(parts)
        return troubled

    def _go_on(self, parts: dict[str, Part], until_then: float, step: Callable[[], None]) -> None:
        while time.time() < until_then:
            step()
            if time.time() - self._printed_at >= PROGRESS_SECONDS:
                self._print_progress()
            if not self.sizes and time.time() - self._began >= min(SETTLED_SECONDS, self._seconds):
                self._record_memory(parts)
            time.sleep(LOOK_SECONDS)

    def _print_progress(self) -> None:
        """Print the progress."""
        self._printed_at = time.time()
        left = self._began + self._seconds + CALM_SECONDS - self._printed_at
        faults, offered = len(self.faults.done), len(self.trading.offers)
        say(f"{left / 60:4.1f} minutes left: {faults} faults, {offered:,} quotes offered")

    def _record_memory(self, parts: dict[str, Part]) -> None:
        """Record the memory of the parts."""
        megabytes = {name: part.megabytes() for name, part in parts.items()}
        self.sizes.append(Sizes(time.time() - self._began, megabytes))


def with_faults(own: Stage, standin: StandIn, traded: list[Instrument], options: argparse.Namespace) -> str:
    """Run everything; returns the tables."""
    desk = LiveDesk(own, NAME, standin.settings | _settings(traded))
    parts = {name: desk.start(module) for name, module in PARTS.items()}
    for turn, coin in enumerate(traded):
        provider = PROVIDERS[turn % 2]
        standin.streams.wait_until_followed(provider, coin.name_at(provider) or "")
    say("every coin is followed; loading histories")
    run = FaultyRun(standin, traded, options)
    with run.trading.at_work():
        until(lambda: _has_history(desk), "every history is loaded")
        ended = run.run(parts)
    with suppress(TimeoutError):  # then the account shows what is missing
        until(lambda: _is_published(desk, run.trading), "held quotes and the last trades are in the log")
    until(lambda: _unread(desk) == 0, "storage and analytics have read the whole log")
    tables = _tables(desk, standin, run, ended)
    for part in parts.values():
        part.stopped()
    return tables


def _settings(traded: list[Instrument]) -> dict[str, str]:
    return {
        "SOURCES": sources(traded),
        "STREAM_SILENCE": str(STREAM_SILENCE),
        "HTTP_TIMEOUT": str(HTTP_TIMEOUT),
        "LOG_LEVEL": "ERROR",
    }


def _has_history(desk: LiveDesk) -> bool:
    """Whether every history is published, and no part lags behind."""
    done = "select count(*) from data_quality where history_total > 0 and history_done = history_total"
    return desk.count(done) == SYMBOLS and _unread(desk) < SMALL_LAG


def _is_published(desk: LiveDesk, trading: Trading) -> bool:
    """Whether no quote waits for a history, and the last trades are stored."""
    waiting = desk.count("select count(*) from data_quality where state = 'history'")
    return not waiting and _newest(desk) == _last_offered(trading)


def _newest(desk: LiveDesk) -> int:
    """The sum of the highest trade numbers of Binance that are stored."""
    highest = "select max(trade_id) as number from quotes where source = 'binance' group by symbol"
    return desk.count(f"select sum(number) from ({highest}) as by_symbol")


def _last_offered(trading: Trading) -> int:
    """The sum of the highest trade numbers of Binance that were offered."""
    numbers = {offer.symbol: offer.trade_id for offer in trading.offers if offer.provider == "binance"}
    return sum(numbers.values())


def _unread(desk: LiveDesk) -> int:
    """The number of messages that the slower one of storage and analytics has not read yet."""
    published = desk.published()
    read = desk.rows("select sum(next_offset - first_offset) from progress group by group_id")
    return max(published - int(group[0]) for group in read) if len(read) == GROUPS else published


def _tables(desk: LiveDesk, standin: StandIn, run: FaultyRun, ended: float) -> str:
    """All results as text."""
    offers, faults = run.trading.offers, run.faults
    fates = [fate(desk, provider, offers, faults.done) for provider in PROVIDERS]
    late = desk.count("select sum(late) from symbols")
    dead = desk.count("select count(*) from dead_letters")
    return "\n\n".join(
        [
            _fault_table(recovered(desk, offers, faults.done, faults.seen)),
            _fate_table(fates),
            _minute_table(minutes(desk, standin.market, offers, ended)),
            f"Late quotes: {late}; dead letters: {dead}.",
            _size_table(run.sizes),
            FOOT,
        ]
    )


def _fault_table(found: Sequence[Recovery]) -> str:
    rows = [
        _fault_row(kind, [one for one in found if one.kind == kind])
        for kind in sorted({one.kind for one in found})
    ]
    header = ("fault", "times", "quotes in the log: p50", "p95", "max", "stream: p50", "p95", "max", "never")
    return table("Faults and seconds to recover", header, [*rows, _fault_row("all", found)])


def _fault_row(kind: str, found: Sequence[Recovery]) -> list[str]:
    never = sum(one.quotes is None or one.stream is None for one in found)
    quotes = _spread([one.quotes for one in found if one.quotes is not None])
    stream = _spread([one.stream for one in found if one.stream is not None])
    return [kind, str(len(found)), *quotes, *stream, str(never)]


def _spread(seconds: Sequence[float]) -> list[str]:
    return [f"{value:.2f}" for value in np.percentile(seconds, [50, 95, 100])] if seconds else ["-"] * 3


def _fate_table(fates: Sequence[Fate]) -> str:
    header = ("quotes", "offered", "stored", "lost", "duplicates", "unknown", "in transit", "not sent")
    counts: list[Callable[[Fate], int]] = [
        lambda one: one.offered,
        lambda one: one.stored,
        lambda one: one.lost,
        lambda one: one.duplicates,
        lambda one: one.unknown,
        lambda one: one.in_transit,
        lambda one: one.not_sent,
    ]
    rows = [[one.provider, *(f"{count(one):,}" for count in counts)] for one in fates]
    return table("Account of every quote", header, rows)


def _minute_table(found: Sequence[MinutesAccount]) -> str:
    header = ("minute bars", "traded", "missing", "by history", "as traded")
    rows = [[one.provider, *(f"{count:,}" for count in one[1:])] for one in found]
    return table("Minutes in which something was traded", header, rows)


def _size_table(sizes: Sequence[Sizes]) -> str:
    header = ("part", *(f"after {size.at / 60:.1f} min" for size in sizes))
    rows = [[part, *(f"{size.parts[part]:.0f}" for size in sizes)] for part in PARTS]
    return table("Memory, MB resident", header, rows)


def main() -> int:
    """Measure and print the table; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--minutes", type=float, default=20.0, help="minutes of faults (default: %(default)s)"
    )
    parser.add_argument("--rate", type=float, default=200.0, help="quotes per second (default: %(default)s)")
    parser.add_argument(
        "--every", type=float, default=5.0, help="mean seconds between faults (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    traded = instruments(SYMBOLS)
    with StandIn(Market(time.time, traded, options.seed)) as standin, stage() as own:
        print(with_faults(own, standin, traded, options))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
