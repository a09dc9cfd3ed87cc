"""Ticks: one serialised tick for all who show the same, and none while nothing changes."""

import msgspec

from dashboard.api.ticks import Broadcast, has_moved
from dashboard.presenters.delta import DeltaRequest, PageContext
from dashboard.read.read_model import ReadModel
from dashboard.read.rows import ChartBar, OpenBarRow, SymbolRow
from dashboard.read.snapshot import NOTHING, Snapshot, advance, first_snapshot, stall
from shared.settings.analysis_settings import Alerts, Indicators
from tests.inputs.records import NO_VALUES

CONTEXT = PageContext("live", "The database of the test", Indicators(), Alerts())
ASKED = DeltaRequest("AAA", "1m", 0, 0, 0)


def row(symbol: str, price: float) -> SymbolRow:
    """A last quote."""
    return SymbolRow(symbol, price, 0.0, 0.0, None, None, None, None, None, None, None, None, None, 0, None)


def read(before: Snapshot, now: float, **prices: float) -> Snapshot:
    """The snapshot after a read of these prices."""
    symbols = before.reading.symbols | {symbol: row(symbol, price) for symbol, price in prices.items()}
    trends: dict[str, tuple[float, ...]] = dict.fromkeys(symbols, ())
    return advance(before, before.reading._replace(now=now, symbols=symbols, trends=trends))


def model_with(snapshot: Snapshot) -> ReadModel:
    """A read model that shows a snapshot."""
    model = ReadModel(lambda: "", "live", 10, 1, "test", "test")
    model.snapshot = snapshot
    return model


def test_viewers_that_show_the_same_and_have_the_same_share_one_tick() -> None:
    snapshot = read(first_snapshot(1), 1.0, AAA=5.0, BBB=6.0)
    broadcast = Broadcast(model_with(snapshot), CONTEXT)
    text, has = broadcast.tick_of(snapshot, ASKED)
    assert broadcast.tick_of(snapshot, DeltaRequest("AAA", "1m", 0, 0, 0))[0] is text
    assert [each["last"] for each in msgspec.json.decode(text)["rows"]] == [5.0, 6.0]
    newer = read(snapshot, 2.0, BBB=7.0)
    assert [each["last"] for each in msgspec.json.decode(broadcast.tick_of(newer, has)[0])["rows"]] == [7.0]


def test_time_alone_moves_nothing() -> None:
    before = read(first_snapshot(1), 1.0, AAA=5.0)
    has = DeltaRequest("AAA", "1m", before.sequence, before.generation, 0)
    assert has_moved(None, before, has)
    assert not has_moved(before, read(before, 2.0), has)
    assert has_moved(before, read(before, 2.0, BBB=1.0), has)


def test_open_bar_of_the_chart_moves_a_viewer_and_that_of_another_does_not() -> None:
    before = read(first_snapshot(1), 1.0, AAA=5.0)
    has = DeltaRequest("AAA", "1m", before.sequence, before.generation, 0)
    bar = OpenBarRow(ChartBar(0, 60, 1.0, 2.0, 0.5, 1.5, 100.0, None, 3, NO_VALUES), 3, 50)

    def with_open(symbol: str, interval: str) -> Snapshot:
        return advance(before, before.reading._replace(open_bars={(symbol, interval): bar}))

    assert has_moved(before, with_open("AAA", "1m"), has)
    assert has_moved(before, with_open("AAA", "1d"), has), "the panel of the session shows it"
    assert not has_moved(before, with_open("AAA", "5m"), has)
    assert not has_moved(before, with_open("BBB", "1m"), has)


def test_database_that_is_gone_moves_every_viewer() -> None:
    before = advance(first_snapshot(1), NOTHING._replace(now=1.0))
    gone = stall(before, "no_database", "")
    has = DeltaRequest("AAA", "1m", before.sequence, before.generation, 0)
    assert has_moved(before, gone, has)
    assert not has_moved(gone, stall(gone, "no_database", ""), has)
