"""Trades with sale conditions that entered bars wrongly, or were read as other conditions."""

from pathlib import Path

import msgspec
import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from producer.sources.finnhub.conditions import conditions_of
from shared.market.records import Interval, Quote
from shared.recordings.sequence import recorded
from tests.inputs.records import quote, second
from tests.reports.recordings.recorded_rows import bars, bars_and_rest, file_of, refusal

HEADER = "symbol,event_time,price,size,exchange,conditions"
START = second("2020-04-01T14:56")
MARKET = [f"SPY,{START + number},249.74,100,NMS," for number in range(30)]


def row(price: float, size: int, conditions: str, at: int = 40) -> str:
    return f'SPY,{START + at},{price},{size},NMS,"{conditions}"'


@pytest.mark.parametrize("conditions", ["W", "@ W", "@,4,W", "7V"])
def test_average_price_of_a_block_moves_no_average_price_of_the_market(
    tmp_path: Path, conditions: str
) -> None:
    """Reported to Polygon (#13, #205): two blocks of SPY at the average price of hours, 3 % above the market, lifted
    the VWAP of the minute to its high."""
    blocks = [row(257.6591, 251_065, conditions), row(257.6591, 251_065, conditions)]
    path = file_of(
        tmp_path, HEADER, *MARKET, *blocks, row(249.70, 100, "", at=50), row(249.75, 100, "I", at=51)
    )
    intervals: list[Interval] = ["1m", "5m", "1d"]
    for interval in intervals:
        (bar,) = bars(path, interval)
        assert (bar["high"], bar["low"], bar["close"]) == ("249.74", "249.7", "249.7")
        assert float(bar["volume"]) == 31 * 100 + 2 * 251_065 + 100
        assert float(bar["vwap"]) == pytest.approx((30 * 249.74 + 249.70) / 31)


def test_average_price_lies_within_high_and_low_without_being_moved_there(tmp_path: Path) -> None:
    """Reported to Polygon (#205): the VWAP of SPY's minute was 448.44 above a high of 445.10, by trades that may be
    neither high nor low. A trade out of sequence may be, and counts."""
    path = file_of(
        tmp_path, HEADER, *MARKET, row(250.10, 100, "Z"), row(251.00, 5_000, "I"), row(249.10, 40, "C", at=41)
    )
    (bar,) = bars(path, "1m")
    assert float(bar["vwap"]) == pytest.approx((30 * 249.74 + 250.10) / 31)


def test_volume_received_covers_odd_lots_too() -> None:
    """The page shows the VWAP of a session of whose volume 99 % were received, odd lots included."""
    engine = Engine(EngineSettings())
    for number, (price, conditions) in enumerate([(249.74, None), (251.0, "I"), (249.75, None)]):
        trade = msgspec.structs.replace(quote(START + number, price, size=50.0), conditions=conditions)
        engine.fold(trade, number)
    (day,) = [live for live in engine.symbols["A"].live() if live.bar.interval == "1d"]
    assert (day.bar.volume, day.sized) == (150.0, 150.0)
    assert day.bar.vwap == pytest.approx(249.745)


@pytest.mark.parametrize(
    "conditions",
    ["53 52 41", "14", "37", "12", "2", "10", "14 37 41", "[53]", "w", "Average Price Trade", "é"],
)
def test_numbers_and_names_of_a_provider_are_no_codes(tmp_path: Path, conditions: str) -> None:
    """Reported to Polygon (#13) and LEAN (#4965). Polygon's 53 is an average price; its digits would be a reopening and
    nothing, so that the block would have been a high."""
    path = file_of(tmp_path, HEADER, *MARKET, row(257.6591, 251_065, conditions))
    assert f"line 32: conditions {conditions!r} are no codes of sale conditions" in refusal(path)


def test_message_about_a_long_text_is_short(tmp_path: Path) -> None:
    path = file_of(tmp_path, HEADER, *MARKET, row(257.6591, 251_065, "F" * 10_000))
    assert f"conditions {'F' * 64!r} are no codes" in refusal(path)


@pytest.mark.parametrize(
    ("written", "read"),
    [("@", None), ("", None), ("@ TI", "TI"), ("@,T,I", "TI"), ("@FTI", "FTI"), ("F", "F"), ("6 1", "61")],
)
def test_codes_are_read_as_the_feeds_and_their_clients_write_them(
    tmp_path: Path, written: str, read: str | None
) -> None:
    """Reported to LEAN's client of Alpaca (#62), which joined the codes by commas. The tapes fill places with spaces
    and write @ for a regular sale."""
    records = recorded([file_of(tmp_path, HEADER, row(249.74, 100, written))])
    (trade,) = (record for record in records if isinstance(record, Quote))
    assert trade.conditions == read


@pytest.mark.parametrize("numbers", [["31", "32"], ["36", "31", "12"], ["8", "12", "24"], ["2", "31"]])
def test_codes_that_the_pipeline_stores_are_read_from_its_own_recording(
    tmp_path: Path, numbers: list[str]
) -> None:
    """Scenario: quotes of Finnhub are exported with `--record` and replayed."""
    stored = conditions_of(numbers)
    assert stored is not None
    records = recorded([file_of(tmp_path, HEADER, row(249.74, 100, stored))])
    assert [record.conditions for record in records if isinstance(record, Quote)] == [stored]


@pytest.mark.parametrize("exchange", ["", ",NMS"])
def test_trades_before_the_session_have_bars_also_where_no_exchange_is_named(
    tmp_path: Path, exchange: str
) -> None:
    """Reported to Polygon (#70): trades of the extended hours were in no bar. All of them are marked as form T; without
    an exchange that left none, and nobody said so."""
    header = "symbol,event_time,price,size,conditions" + (",exchange" if exchange else "")
    early = second("2020-04-01T10:30")
    rows = [
        f"AAPL,{early + 5 * number},240.5,100,{'TI' if number % 3 else 'T'}{exchange}" for number in range(36)
    ]
    found, rest = bars_and_rest(file_of(tmp_path, header, *rows), "1m")
    assert [(bar["close"], bar["volume"]) for bar in found] == [("240.5", "1200.0")] * 3
    assert list(rest.lines()) == []


def test_trades_in_minutes_without_a_price_are_named_at_the_end(tmp_path: Path) -> None:
    """Reported to Polygon (#75): minutes of odd lots have no bar, and the volumes of the minutes are less than the
    day's. Here the longer bars have them, and the replay says how many trades there are."""
    odd = [f"NVR,{START + 20 * number},2900.5,5,NYQ,I" for number in range(10)]
    path = file_of(tmp_path, HEADER, *odd, f"NVR,{START + 190},2905,100,NYQ,")
    minutes, rest = bars_and_rest(path, "1m")
    assert [(bar["open"], bar["volume"]) for bar in minutes] == [("2905.0", "105.0")]
    (hour,) = bars(path, "1h")
    assert hour["volume"] == "150.0"
    assert list(rest.lines()) == [
        "NVR: 9 trades are in minutes without a price, which are no bars: by their sale conditions they update volume"
        " alone; the first minute is 2020-04-01T14:56:00+00:00."
    ]
