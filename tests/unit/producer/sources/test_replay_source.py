"""Replay: one sequence from many files, the same in every run, with no late record."""

import logging
import math
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from producer.sources.replay import ended_by_now, paced
from shared.errors import ConfigError
from shared.market.messages import encode
from shared.market.records import CorporateAction, Quote, Record, RecordedBar, TimeMark
from shared.recordings.sequence import recorded
from shared.settings.setting_types import MAX_GRACE
from tests.inputs.lean_zips import write_zip

BARS = "symbol,start,open,high,low,close,volume,interval\n"
NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)


def quotes_file(path: Path, *times: str) -> Path:
    path.write_text("symbol,event_time,price\n" + "".join(f"A,2024-01-02T{time}Z,1\n" for time in times))
    return path


def words(records: Iterator[Record]) -> list[str]:
    """The records as short words: what and when."""
    return [_word(record) for record in records]


def _word(record: Record) -> str:
    if isinstance(record, TimeMark):
        return f"{'end' if record.end else 'mark'} {record.time:%H:%M:%S}"
    if isinstance(record, Quote):
        return f"quote {record.event_time:%H:%M:%S.%f}"[:-3]
    if isinstance(record, RecordedBar):
        return f"{record.interval} {record.start:%H:%M:%S}"
    assert isinstance(record, CorporateAction)
    return f"{record.action} {record.time:%Y-%m-%d}"


def late_records(records: Iterator[Record]) -> int:
    engine = Engine(EngineSettings(grace=0.0))
    for offset, record in enumerate(records):
        engine.fold(record, offset)
        engine.take_events()
    return sum(symbol.late for symbol in engine.symbols.values())


def test_mark_precedes_the_first_quote_of_each_second(tmp_path: Path) -> None:
    path = quotes_file(tmp_path / "q.csv", "10:00:00.5", "10:00:00.7", "10:00:01", "10:00:07.25")
    assert words(recorded([path])) == [
        "mark 10:00:00",
        "quote 10:00:00.500",
        "quote 10:00:00.700",
        "mark 10:00:01",
        "quote 10:00:01.000",
        "mark 10:00:07",
        "quote 10:00:07.250",
        "end 01:00:00",
    ]


def test_mark_follows_all_bars_that_end_in_its_instant(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    starts = (("A", "10:00:00"), ("B", "10:00:00"), ("A", "10:00:01"), ("A", "10:00:05"))
    path.write_text(
        BARS + "".join(f"{symbol},2024-01-02T{start}Z,1,1,1,1,1,1s\n" for symbol, start in starts)
    )
    assert words(recorded([path])) == [
        "1s 10:00:00",
        "1s 10:00:00",
        "mark 10:00:01",
        "1s 10:00:01",
        "mark 10:00:02",
        "1s 10:00:05",
        "end 01:00:00",
    ]


def test_bar_precedes_the_mark_and_the_quote_at_its_end(tmp_path: Path) -> None:
    bars = tmp_path / "b.csv"
    bars.write_text(BARS + "A,2024-01-02T10:00:00Z,1,1,1,1,1,1m\n")
    quotes = quotes_file(tmp_path / "a.csv", "10:00:59.9", "10:01:00")
    assert words(recorded([quotes, bars])) == [
        "mark 10:00:59",
        "quote 10:00:59.900",
        "1m 10:00:00",
        "mark 10:01:00",
        "quote 10:01:00.000",
        "end 01:00:00",
    ]


def test_end_mark_closes_the_last_bar_of_every_interval(tmp_path: Path) -> None:
    path = quotes_file(tmp_path / "q.csv", "23:59:59.999")
    engine = Engine(EngineSettings())
    for offset, record in enumerate(recorded([path])):
        engine.fold(record, offset)
    assert {event.closed.bar.interval for event in engine.take_events()} == {"1m", "5m", "15m", "1h", "1d"}


def test_positions_number_records_and_marks_alike(tmp_path: Path) -> None:
    path = quotes_file(tmp_path / "q.csv", "10:00:00.5", "10:00:03")
    assert [record.position for record in recorded([path])] == [1, 2, 3, 4, 5]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_log_is_the_same_byte_for_byte_however_files_are_named(
    tmp_path_factory: pytest.TempPathFactory, data: DataObject
) -> None:
    folder = tmp_path_factory.mktemp("files")
    moments = st.lists(st.integers(0, 40), max_size=12)
    for number in range(data.draw(st.integers(1, 4))):
        times = [f"10:00:0{tenths // 10}.{tenths % 10}" for tenths in data.draw(moments)]
        (folder / str(number)).mkdir()
        quotes_file(folder / str(number) / "same-name.csv", *times)
    files = sorted(folder.rglob("*.csv"))
    expected = [encode(record) for record in recorded(files)]
    assert [encode(record) for record in recorded(data.draw(st.permutations(files)))] == expected
    assert [encode(record) for record in recorded([folder])] == expected
    elsewhere = shutil.move(folder, folder.with_name(f"{folder.name}-moved"))
    assert [encode(record) for record in recorded([Path(elsewhere)])] == expected


def test_file_that_is_named_twice_is_replayed_once(tmp_path: Path) -> None:
    path = quotes_file(tmp_path / "q.csv", "10:00:00")
    assert len(list(recorded([path, tmp_path, path]))) == 3


def test_days_of_one_symbol_follow_each_other(tmp_path: Path) -> None:
    for date, price in (("20131008", 3), ("20131007", 1)):
        rows = [f"{ms},{price}0000,5,P,0,0" for ms in (72_000_000, 72_000_001)]
        write_zip(tmp_path, f"equity/usa/tick/bac/{date}_trade.zip", rows)
    prices = [record.price for record in recorded([tmp_path]) if isinstance(record, Quote)]
    assert prices == [1.0, 1.0, 3.0, 3.0]


def test_time_that_goes_backwards_is_named_by_file_and_line(tmp_path: Path) -> None:
    path = write_zip(tmp_path, "equity/usa/tick/bac/20131007_trade.zip", ["2,1,5", "3,1,5", "1,1,5"])
    with pytest.raises(ConfigError, match=f"{path}, line 3: its time is before"):
        list(recorded([path]))


def test_price_of_nothing_is_named_by_file_and_line(tmp_path: Path) -> None:
    path = write_zip(tmp_path, "equity/usa/tick/bac/20131007_trade.zip", ["2,1,5", "3,0,5"])
    with pytest.raises(ConfigError, match=f"{path}, line 2: price is not a finite positive number"):
        list(recorded([path]))


def test_folder_leaves_out_other_files_than_trade_data_and_logs_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    quotes_file(tmp_path / "q.csv", "10:00:00")
    write_zip(tmp_path, "equity/usa/minute/bac/20131007_quote.zip", [])
    (tmp_path / "factors.csv").write_text("19980102,0.5,0.5,1\n")
    with caplog.at_level(logging.WARNING):
        assert len(list(recorded([tmp_path]))) == 3
    assert "20131007_quote.zip holds bid and ask quotes" in caplog.text
    assert "factors.csv: the first row must name" in caplog.text


@pytest.mark.parametrize(
    "name", ["absent.csv", "notes.txt", "equity/usa/minute/bac/20131007_quote.zip", "empty"]
)
def test_file_named_directly_must_be_trade_data(tmp_path: Path, name: str) -> None:
    write_zip(tmp_path, "equity/usa/minute/bac/20131007_quote.zip", [])
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError):
        recorded([tmp_path / name])


class ReplayClock:
    """A clock that only waiting moves; it breaks off at `until`."""

    def __init__(self, until: float = math.inf) -> None:
        self.now, self.until = 100.0, until
        self.longest = 0.0

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.longest = max(self.longest, seconds)
        self.now += seconds
        return self.now >= self.until


def marks(*seconds: float) -> list[Record]:
    moments = [NOON + timedelta(seconds=second) for second in seconds]
    return [TimeMark(time=moment, source="replay", position=1, received_time=moment) for moment in moments]


@pytest.mark.parametrize(("speed", "expected"), [(1.0, 120.0), (60.0, 2.0), (math.inf, 0.0)])
def test_recorded_time_runs_at_the_configured_speed(speed: float, expected: float) -> None:
    hand = ReplayClock()
    assert len(list(paced(marks(0, 1, 120), speed, hand.clock, hand.wait))) == 3
    assert hand.now - 100.0 == pytest.approx(expected)
    assert hand.longest <= 0.1


def test_end_mark_is_not_waited_for(tmp_path: Path) -> None:
    hand = ReplayClock()
    records = list(paced(recorded([quotes_file(tmp_path / "q.csv", "10:00:00")]), 1.0, hand.clock, hand.wait))
    assert hand.now == 100.0
    assert words(iter(records))[-1] == "end 01:00:00"


def test_wait_that_is_broken_off_ends_the_sequence() -> None:
    hand = ReplayClock(until=101.0)
    assert len(list(paced(marks(0, 1000, 2000), 1.0, hand.clock, hand.wait))) == 1
    assert hand.now < 101.2


@pytest.mark.real_data
def test_two_real_days_give_every_trade_once_and_none_late(real_data: Path) -> None:
    """1,042,557 rows: each of the eight files ends without a line's end, so that it holds a row more than those."""
    ticks = real_data / "market_lean/lean/Data/equity/usa/tick"
    counts: Counter[type] = Counter()

    def counted() -> Iterator[Record]:
        for record in recorded([ticks]):
            counts[type(record)] += 1
            yield record

    assert late_records(counted()) == 0
    assert counts[Quote] == 1_042_557
    assert counts[RecordedBar] == 0


@pytest.mark.real_data
@pytest.mark.parametrize("resolution", ["second", "minute", "daily"])
def test_no_real_bar_is_late_where_bars_close_without_grace(real_data: Path, resolution: str) -> None:
    folder = real_data / "market_lean/lean/Data/equity/usa" / resolution
    files = [path for path in folder.rglob("*.zip") if not path.name.endswith("_quote.zip")]
    random.Random(7).shuffle(files)
    assert late_records(recorded(files)) == 0


def test_last_mark_closes_every_bar_whatever_the_grace(tmp_path: Path) -> None:
    engine = Engine(EngineSettings(grace=MAX_GRACE))
    for offset, record in enumerate(recorded([quotes_file(tmp_path / "q.csv", "23:59:59")])):
        engine.fold(record, offset)
    assert {event.closed.bar.interval for event in engine.take_events()} >= {"1m", "5m", "15m", "1h"}
    assert engine.symbols["A"].live() == []


def test_recording_of_today_ends_now_and_not_at_a_time_to_come(tmp_path: Path) -> None:
    files = [quotes_file(tmp_path / "q.csv", "11:59:59")]
    *before, end = ended_by_now(recorded(files), lambda: NOON)
    *same, planned = recorded(files)
    assert before == same
    assert isinstance(end, TimeMark)
    assert (end.time, end.received_time, end.end, end.position) == (NOON, NOON, True, planned.position)
    assert list(ended_by_now(recorded(files), lambda: NOON + timedelta(days=1))) == [*same, planned]
