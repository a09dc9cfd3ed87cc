"""CSV of quotes and bars: every documented format, and every error with its line."""

import gzip
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.market.records import Quote, Record, RecordedBar
from shared.recordings.csv_files import csv_file

QUOTES = "symbol,event_time,price\n"
BARS = "symbol,start,open,high,low,close,volume,interval\n"


def records(path: Path) -> list[Record]:
    return [make(line) for _, _, line, make in csv_file(path).rows(0)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "own.csv"


@pytest.mark.parametrize(
    "written",
    [
        "2024-01-02T14:30:00.250+00:00",
        "2024-01-02T14:30:00.250Z",
        "2024-01-02 09:30:00.250-05:00",
        "1704205800.25",
        "1704205800250",
    ],
)
def test_time_is_iso_with_a_zone_or_epoch_seconds_or_milliseconds(path: Path, written: str) -> None:
    path.write_text(f"{QUOTES}AAPL,{written},185.5\n")
    (quote,) = records(path)
    assert isinstance(quote, Quote)
    assert quote.event_time == quote.received_time == datetime(2024, 1, 2, 14, 30, 0, 250_000, UTC)


def test_empty_field_is_a_missing_value(path: Path) -> None:
    path.write_text(
        "Price, event_time ,symbol,size,bid,session,conditions,note\n185.5,1704205800,AAPL,,185.4,regular,FI,x\n"
    )
    (quote,) = records(path)
    assert isinstance(quote, Quote)
    assert (quote.price, quote.size, quote.bid, quote.session) == (185.5, None, 185.4, "regular")
    assert quote.conditions == "FI"


def test_rows_come_in_order_of_time_whatever_their_order_in_the_file(path: Path) -> None:
    path.write_text(f"{QUOTES}A,1704205802,3\nB,1704205801,1\n\nC,1704205801,2\n")
    assert [(record.position, record.price) for record in records(path) if isinstance(record, Quote)] == [
        (3, 1.0),
        (5, 2.0),
        (2, 3.0),
    ]


def test_file_in_order_is_checked_to_its_end_but_never_held_as_a_whole(path: Path) -> None:
    path.write_text(QUOTES + "".join(f"A,{1704205800 + second},3\n" for second in range(20_000)))
    tracemalloc.start()
    try:
        assert sum(1 for _ in csv_file(path).rows(0)) == 20_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000
    with path.open("a") as text:
        text.write("A,yesterday,3\n")
    with pytest.raises(ConfigError, match="line 20002"):
        next(csv_file(path).rows(0))


def test_gzipped_file_is_read_like_a_plain_one(tmp_path: Path) -> None:
    packed = tmp_path / "own.csv.gz"
    with gzip.open(packed, "wt") as text:
        text.write(f"{QUOTES}A,1704205802,3\n")
    assert len(records(packed)) == 1


def test_bars_of_several_intervals_end_when_their_own_does(path: Path) -> None:
    path.write_text(f"{BARS}A,1704205800,2,3,1,2,10,5m\nA,1704206100,2,3,1,2,,1m\n")
    bars = records(path)
    assert [(bar.interval, bar.volume) for bar in bars if isinstance(bar, RecordedBar)] == [
        ("5m", 10.0),
        ("1m", None),
    ]
    assert bars[0].received_time == datetime(2024, 1, 2, 14, 35, tzinfo=UTC)


@pytest.mark.parametrize(
    ("steps", "interval"),
    [((0, 1), "1s"), ((600, 0, 60), "1m"), ((0, 900, 1200), "5m"), ((0, 6 * 86400, 7 * 86400), "1d")],
)
def test_interval_of_bars_that_do_not_name_it_is_their_smallest_step(
    path: Path, steps: tuple[int, ...], interval: str
) -> None:
    opened = 1704205800  # Tuesday, 14:30 UTC: New York opens
    rows = "".join(f"A,{opened + step},2,3,1,2,10\nB,{opened + step},2,3,1,2,10\n" for step in steps)
    if interval == "1d":
        path.write_text(
            "symbol,start,open,high,low,close,volume,exchange\n" + rows.replace("0\n", "0,XNYS\n")
        )
    else:
        path.write_text("symbol,start,open,high,low,close,volume\n" + rows)
    assert {bar.interval for bar in records(path) if isinstance(bar, RecordedBar)} == {interval}


def test_day_bar_ends_with_the_regular_session_of_its_exchange(path: Path) -> None:
    path.write_text(BARS.replace("interval", "interval,exchange") + "A,1704205800,2,3,1,2,10,1d,XNYS\n")
    (bar,) = records(path)
    assert bar.received_time == datetime(2024, 1, 2, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{QUOTES}A,2024-01-02T14:30:00,1\n", "line 2: event_time .* has no time zone"),
        (f"{QUOTES}A,1704205800,1\nA,yesterday,1\n", "line 3: event_time 'yesterday'"),
        (f"{QUOTES}A,20240102,1\n", "line 2: event_time '20240102' is not an epoch time"),
        (f"{QUOTES}A,NaN,1\n", "line 2: event_time 'NaN'"),
        (f"{QUOTES}A,1704205800,0\n", "line 2: price is not a finite positive number"),
        (f"{QUOTES}A,1704205800,nan\n", "line 2: price is not a number"),
        (f"{QUOTES}A,1704205800,\n", "line 2: price is not a number"),
        (f"{QUOTES}A B,1704205800,1\n", "line 2: .*matching regex"),
        (f"{QUOTES}A,1704205800\n", "line 2: 2 fields, but the header has 3"),
        ("symbol,event_time,price,size\nA,1704205800,1,-2\n", "line 2: size is not a number from 0"),
        (f"symbol,event_time,price,session\nA,1704205800,1,{'x' * 65}\n", "line 2: session is longer"),
        (f"{BARS}A,1704205800,2,3,2.5,2,10,1m\n", "line 2: open 2.0 or close 2.0 outside"),
        (f"{BARS}A,1704205800,2,3,1,2,10,2m\n", "line 2: interval '2m' is not one of"),
        (f"{BARS}A,1704205830,2,3,1,2,10,1m\n", "line 2: a bar of 1m starts at a multiple"),
        (f"{BARS}A,1704205800.5,2,3,1,2,10,1s\n", "line 2: start is not at a whole second"),
        (f"{BARS}A,1704205800,2,3,1,2,10,1d\n", "line 2: a bar of 1d starts when"),
        ("19980102,0.54,0.5,1\n", "the first row must name the columns"),
        ("", "the first row must name the columns"),
    ],
)
def test_bad_row_is_named_by_file_and_line(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigError, match=f"own.csv.*{message}"):
        records(path)


@pytest.mark.parametrize(
    ("starts", "message"),
    [
        ((), "no symbol has two"),
        ((0,), "no symbol has two"),
        ((0, 120, 240), "is 120 s; add one with 1s, 1m"),
        ((0, 0.5), "is 0.5 s"),
    ],
)
def test_bars_whose_steps_show_no_interval_are_refused(
    path: Path, starts: tuple[float, ...], message: str
) -> None:
    rows = "".join(f"A,{1704205800 + start},2,3,1,2,10\n" for start in starts)
    path.write_text("symbol,start,open,high,low,close,volume\n" + rows)
    with pytest.raises(ConfigError, match=f"no interval column, and .*{message}"):
        csv_file(path)


@pytest.mark.parametrize("name", ["own.csv", "own.csv.gz"])
def test_unreadable_file_is_named(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(b"\xff\xfe\x00binary")
    with pytest.raises(ConfigError, match=f"{name} can't be read"):
        records(file)
