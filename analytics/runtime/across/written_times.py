"""Writes how far the symbols of this process have closed their bars, for what is evaluated over several partitions.

A time is stored after the bars that ended by then. Before it is written, the stored offset confirms that the partition
is still assigned to this process.
"""

from collections.abc import Iterator, Mapping, Set

from analytics.engine.symbol_state import SymbolState
from analytics.runtime.partition import Partition
from analytics.store.across.symbol_times import (
    SplitPlace,
    SymbolTime,
    forget_gone,
    write_split_places,
    write_times,
)
from shared.postgres.database import Connection, transaction
from shared.progress.offsets import GroupOnTopic, hold

Written = tuple[SymbolTime, int]
"""What was stored of a symbol: how far it is, and how many splits its series have."""


class TimesWriter:
    """The partitions of one process; they may be assigned and lost between two calls."""

    def __init__(self, reading: GroupOnTopic, partitions: Mapping[int, Partition]) -> None:
        self._reading, self._partitions = reading, partitions
        self._written: dict[int, tuple[Partition, dict[str, Written]]] = {}

    def write(self, connection: Connection, concerned: Set[str] | None) -> None:
        """Store how far these symbols are, all if it is None; nothing is written again that has not changed."""
        for number, partition in self._partitions.items():
            if partition.is_current and not partition.rewriting:
                self._write(connection, number, partition, concerned)

    def _write(
        self, connection: Connection, number: int, partition: Partition, concerned: Set[str] | None
    ) -> None:
        before, known = self._written.get(number, (partition, {}))
        if before is not partition:
            known = {}
        found = dict(_found(number, partition, concerned))
        changed = {symbol: now for symbol, now in found.items() if known.get(symbol) != now}
        if changed:
            states = partition.engine.symbols
            new = [each for each, (_, splits) in changed.items() if splits != known.get(each, (None, 0))[1]]
            with transaction(connection) as cursor:
                hold(cursor, self._reading, number, partition.written)
                if not known:
                    forget_gone(cursor, number, states.keys())
                write_split_places(
                    cursor, [split for symbol in new for split in splits_of_series(states[symbol])]
                )
                write_times(cursor, [(symbol, time) for symbol, (time, _) in changed.items()])
        self._written[number] = partition, known | changed


def _found(number: int, partition: Partition, concerned: Set[str] | None) -> Iterator[tuple[str, Written]]:
    symbols, whole = partition.engine.symbols, partition.engine.closed_until
    for symbol in symbols if concerned is None else symbols.keys() & concerned:
        state = symbols[symbol]
        time = SymbolTime(number, state.exchange, max(state.closed_until, whole))
        yield symbol, (time, len(list(splits_of_series(state))))


def splits_of_series(state: SymbolState) -> Iterator[SplitPlace]:
    """The splits that converted the values of each series of a symbol."""
    for interval, series in state.open.series.items():
        for number, (place, ratio) in enumerate(series.splits or ()):
            yield SplitPlace(state.symbol, interval, number, place, ratio)
