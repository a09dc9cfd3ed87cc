"""Real markets: seconds fold into the minutes, and minutes into the days, of the recording itself."""

from collections.abc import Iterable
from math import fsum
from pathlib import Path

import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from shared.market.records import INTERVALS, Bar, Interval, Quote, Record, RecordedBar
from shared.recordings.sequence import recorded
from tests.inputs.records import bars_of, folded, moment

HIGH_OR_LOW_DIFFERS: dict[str, set[str]] = {
    "aig": {"2013-10-04", "2013-10-09"},
    "bac": set(),
    "ibm": {"2013-10-04", "2013-10-08", "2013-10-09"},
    "spy": {"2013-10-08"},
    "aapl": {"2014-06-05", "2014-06-06"},
}
"""Days whose recorded high or low lies within the minutes' by some cents; the recording left single reports out."""
VOLUME_DIFFERS: dict[str, set[str]] = {
    "aig": {"2013-10-07", "2013-10-08", "2013-10-09"},
    "bac": set(),
    "ibm": {"2013-10-04", "2013-10-07", "2013-10-08"},
    "spy": set(),
    "aapl": set(),
}
"""Days whose recorded volume is larger by up to one percent: it counts reports that no minute has."""

pytestmark = pytest.mark.real_data


def records(real_data: Path, place: str) -> Iterable[Record]:
    """What the files hold that `place` finds among the American equities."""
    return recorded(sorted((real_data / "market_lean/lean/Data/equity/usa").glob(place)))


def closed(real_data: Path, place: str, symbol: str, interval: Interval) -> dict[int, Bar]:
    """Closed bars by their start; a price that halves by a split is no error, so nothing is set aside."""
    events = folded(Engine(EngineSettings(grace=0.0, skip_extreme=False)), records(real_data, place))
    return {bar.start: bar for bar in bars_of(events, interval, symbol.upper())}


def as_recorded(real_data: Path, place: str) -> dict[int, RecordedBar]:
    bars = (record for record in records(real_data, place) if isinstance(record, RecordedBar))
    return {int(bar.start.timestamp()): bar for bar in bars}


def date(start: int) -> str:
    return moment(start).date().isoformat()


def four(bar: Bar | RecordedBar) -> tuple[float, ...]:
    return bar.open, bar.high, bar.low, bar.close


def test_seconds_fold_into_the_recorded_minutes(real_data: Path) -> None:
    equal = both = 0
    for symbol in ("aig", "bac", "ibm", "spy"):
        minutes = as_recorded(real_data, f"minute/{symbol}/2013100[789]_trade.zip")
        made = closed(real_data, f"second/{symbol}/2013100[789]_trade.zip", symbol, "1m")
        assert made.keys() == minutes.keys()
        both += len(made)
        equal += sum(four(bar) == four(minutes[start]) for start, bar in made.items())
    assert both == 6767
    assert equal / both >= 0.997


@pytest.mark.parametrize("symbol", sorted(HIGH_OR_LOW_DIFFERS))
def test_minutes_fold_into_the_recorded_days(real_data: Path, symbol: str) -> None:
    days = as_recorded(real_data, f"daily/{symbol}.zip")
    made = closed(real_data, f"minute/{symbol}/*_trade.zip", symbol, "1d")
    assert len(made) == (3 if symbol == "aapl" else 4)
    assert {
        date(start) for start, bar in made.items() if four(bar) != four(days[start])
    } == HIGH_OR_LOW_DIFFERS[symbol]
    assert {date(start) for start, bar in made.items() if bar.volume != days[start].volume} == VOLUME_DIFFERS[
        symbol
    ]
    for start, bar in made.items():
        day = days[start]
        assert (bar.open, bar.close) == (day.open, day.close)
        assert day.high <= bar.high <= day.high + 0.075
        assert day.low - 0.015 <= bar.low <= day.low
        assert day.volume is not None
        assert 0.99 * day.volume <= bar.volume <= day.volume


def test_crypto_minutes_fold_into_longer_bars_without_a_loss(real_data: Path) -> None:
    files = [real_data / "market_lean/lean/Data/crypto/coinbase/minute/btcusd/20180405_trade.zip"]
    minutes = [record for record in recorded(files) if isinstance(record, RecordedBar)]
    events = folded(Engine(EngineSettings()), recorded(files))
    for interval in INTERVALS:
        bars = bars_of(events, interval, "BTCUSD")
        assert (bars[0].open, bars[-1].close) == (minutes[0].open, minutes[-1].close)
        assert max(bar.high for bar in bars) == max(minute.high for minute in minutes)
        assert min(bar.low for bar in bars) == min(minute.low for minute in minutes)
        assert sum(bar.quotes for bar in bars) == len(minutes)
        volume = fsum(minute.volume or 0.0 for minute in minutes)
        assert fsum(bar.volume for bar in bars) == pytest.approx(volume, rel=1e-12)


def test_every_trade_of_a_real_day_is_in_a_bar_or_counted(real_data: Path) -> None:
    engine = Engine(EngineSettings(grace=0.0, trade_conditions="all"))
    events = folded(engine, records(real_data, "tick/ibm/20131007_trade.zip"))
    state = engine.symbols["IBM"]
    for interval in INTERVALS[:-1]:
        assert sum(bar.quotes for bar in bars_of(events, interval, "IBM")) == state.quotes - state.extreme
    assert (state.late, state.extreme) == (0, 0)


EQUAL_MINUTES = {"all": (376, 95), "tape": (400, 77), "without-sweeps": (775, 77)}
"""Minutes of IBM on 2013-10-07 and -08 that equal those made of ticks, of 780 in and 97 outside of the session, by the
reading of trade conditions. `python -m benchmarks.trade_conditions` shows them for each symbol."""


@pytest.mark.parametrize("reading", EQUAL_MINUTES)
def test_ticks_fold_into_the_recorded_minutes_by_a_reading_of_their_conditions(
    real_data: Path, reading: str
) -> None:
    minutes = as_recorded(real_data, "minute/ibm/2013100[78]_trade.zip")
    settings = EngineSettings(grace=0.0, trade_conditions=reading)
    engine = Engine(settings)
    events = folded(engine, records(real_data, "tick/ibm/2013100[78]_trade.zip"))
    assert engine.take_set_aside() == []
    made = bars_of(events, "1m", "IBM")
    equal = [bar.session == "regular" for bar in made if four(bar) == four(minutes[bar.start])]
    assert (sum(equal), len(equal) - sum(equal)) == EQUAL_MINUTES[reading]


def test_no_share_of_a_real_day_is_lost_by_its_condition(real_data: Path) -> None:
    """The volume of minutes without a price is in the longer bars; official closes and opens are no trades."""
    ticks = [
        each
        for each in records(real_data, "tick/ibm/20131007_trade.zip")
        if isinstance(each, Quote) and each.conditions not in ("M", "Q")
    ]
    events = folded(Engine(EngineSettings(grace=0.0)), records(real_data, "tick/ibm/20131007_trade.zip"))
    hours = bars_of(events, "1h", "IBM")
    covered = [
        each for each in ticks if any(hour.start <= each.event_time.timestamp() < hour.end for hour in hours)
    ]
    assert fsum(hour.volume for hour in hours) == fsum(each.size or 0.0 for each in covered)
