"""A split is applied only after prices show it, and set aside if they don't."""

from pathlib import Path

import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.split_check import CONFIRMATION_SECONDS
from analytics.replay import closed_bars
from analytics.replay_report import ReplayReport
from ml.datasets.history_files import histories_from_files
from shared.market.records import Record
from shared.recordings.sequence import recorded
from tests.inputs.lean_zips import write_zip
from tests.inputs.records import bars_of, folded, kept, mark, quote, recorded_bar, restored, second, split

NIGHT = second("2014-06-09T04:00")
BEFORE, AFTER = second("2014-06-06T18:00"), second("2014-06-09T13:30")
FRIDAY, MONDAY = second("2014-06-06T13:30"), second("2014-06-09T13:30")
SETTINGS = EngineSettings(grace=0.0)


def day(start: int, close: float) -> Record:
    return recorded_bar(start, "1d", (close,) * 4, 100.0)


def changes_at(records: list[Record]) -> list[float]:
    """The decision of the rule for price changes about days."""
    events = folded(Engine(SETTINGS), records)
    return [alert.value for event in events for alert in event.closed.alerts if alert.rule == "price_change"]


def settled(records: list[Record]) -> list[tuple[float, bool]]:
    """The ratio of each split that was settled, and whether it holds."""
    engine = Engine(SETTINGS)
    folded(engine, records)
    return [(each.action.value, not each.rejection) for each in engine.take_actions()]


@pytest.mark.parametrize(
    ("ratio", "old", "new", "holds"),
    [
        (7.0, 645.0, 93.0, True),
        (7.0, 93.0, 94.0, False),
        (1 / 190, 0.019, 2.51, True),
        (1 / 190, 3.61, 2.51, False),
        (2.0, 100.0, 75.0, False),
        (2.0, 100.0, 65.0, True),
        (1.05, 100.0, 99.0, True),
    ],
)
def test_finished_day_shows_whether_a_split_holds(ratio: float, old: float, new: float, holds: bool) -> None:
    """Reported to yfinance, at the place where state is divided: histories and files of every source."""
    records = [day(FRIDAY, old), split(NIGHT, ratio), day(MONDAY, new), mark(MONDAY + 86_400)]
    assert settled(records) == [(ratio, holds)]
    expected = new * ratio / old - 1 if holds else new / old - 1
    assert changes_at(records) == ([] if abs(expected) < 0.05 else [pytest.approx(expected)])


def test_nothing_is_divided_before_a_price_shows_it() -> None:
    """Scenario: the night before the ex-date, and a restart within it."""
    engine = Engine(SETTINGS)
    folded(engine, [day(FRIDAY, 70.0), mark(FRIDAY + 86_400)])
    before = engine.symbols["A"].open.state()
    folded(engine, [split(NIGHT, 7.0)])
    assert engine.symbols["A"].open.state() == before
    assert engine.take_actions() == []
    again = restored(kept(engine), SETTINGS)
    for each in (engine, again):
        folded(each, [split(NIGHT, 7.0), day(MONDAY, 10.0)])
        (decided,) = each.take_actions()
        assert (decided.action.value, decided.rejection) == (7.0, "")
    assert kept(again) == kept(engine)


def test_first_trades_at_the_old_price_do_not_hide_a_split() -> None:
    """Scenario: AAPL on 2014-06-09, whose first trades at 04:00 were at 645.57, the next at 92."""
    first = second("2014-06-09T08:00")
    stray = [quote(first + at, 645.57, size=1.0) for at in (0, 1, 2, 40)]
    records: list[Record] = [
        quote(BEFORE, 645.7),
        split(NIGHT, 7.0),
        *stray,
        quote(first + 50, 92.4, size=1.0),
    ]
    engine = Engine(SETTINGS)
    events = folded(engine, [*records, mark(first + 60)])
    assert [decided.rejection for decided in engine.take_actions()] == [""]
    assert bars_of(events, "1m")[-1].high == 92.4
    assert engine.symbols["A"].extreme == 4


def test_minutes_at_the_old_price_do_not_hide_a_split() -> None:
    """Scenario: the same, where minutes are recorded: a finished bar stays, and the split applies after it."""
    first = second("2014-06-09T08:00")
    minutes: list[Record] = [
        recorded_bar(first + 60 * place, "1m", (price,) * 4)
        for place, price in enumerate((645.57, 92.4, 92.5))
    ]
    engine = Engine(SETTINGS)
    events = folded(
        engine, [recorded_bar(BEFORE, "1m", (645.7,) * 4), split(NIGHT, 7.0), *minutes, mark(first + 180)]
    )
    assert [decided.rejection for decided in engine.take_actions()] == [""]
    assert [bar.close for bar in bars_of(events, "1m")] == [645.7, 645.57, 92.4, 92.5]


def test_quotes_that_go_on_at_the_old_price_set_the_split_aside() -> None:
    """Scenario: a split that is reported and never happened: quotes wait for some minutes, then they are used."""
    quotes: list[Record] = [quote(AFTER + 30 * step, 70.0 + step / 10) for step in range(20)]
    engine = Engine(SETTINGS)
    events = folded(engine, [quote(BEFORE, 70.0), split(NIGHT, 7.0), *quotes, mark(AFTER + 3600)])
    (decided,) = engine.take_actions()
    assert (
        decided.rejection
        == "the split of 7 for 1 is set aside: the price before it was 70, the one behind it is 71"
    )
    assert engine.symbols["A"].extreme == CONFIRMATION_SECONDS // 30
    assert [bar.open for bar in bars_of(events, "1h")] == [70.0, 71.0]


def test_split_that_was_set_aside_stays_so_when_it_is_received_again() -> None:
    """Scenario: a producer that starts again publishes the splits of the day again."""
    records = [day(FRIDAY, 70.0), split(NIGHT, 7.0), day(MONDAY, 71.0), split(NIGHT, 7.0)]
    assert settled(records) == [(7.0, False)]
    engine = Engine(SETTINGS)
    folded(engine, records[:3])
    engine = restored(kept(engine), SETTINGS)
    folded(engine, records[3:])
    assert engine.take_actions() == []


def test_splits_are_applied_if_nothing_may_be_set_aside() -> None:
    """Scenario: SKIP_EXTREME_VALUES=false takes the values of sources unchanged."""
    engine = Engine(EngineSettings(skip_extreme=False))
    folded(engine, [day(FRIDAY, 70.0), split(NIGHT, 7.0)])
    assert [decided.rejection for decided in engine.take_actions()] == [""]


def adjusted_recording(root: Path) -> list[Path]:
    """Days that are in new shares already, beside a factor file that contains the split."""
    factors = root / "equity/usa/factor_files/bac.csv"
    factors.parent.mkdir(parents=True)
    factors.write_text("20131008,1,0.5,100\n20501231,1,1,0")
    rows = [f"201310{date} 00:00,1000000,1020000,990000,1010000,7" for date in ("07", "08", "09", "10")]
    return [write_zip(root, "equity/usa/daily/bac.zip", rows)]


def test_split_of_a_factor_file_that_its_prices_do_not_show_is_named(tmp_path: Path) -> None:
    """Scenario: LEAN data that somebody has adjusted, beside the factor file of raw ones."""
    rest = ReplayReport()
    days = [each.bar for each in closed_bars(recorded(adjusted_recording(tmp_path)), SETTINGS, rest)]
    assert [bar.close for bar in days if bar.interval == "1d"] == [101.0] * 4
    assert list(rest.lines()) == [
        "BAC, 2013-10-09: the split of 2 for 1 is set aside: the price before it was 101, the one behind it is 101."
    ]


def test_such_a_split_is_not_trained_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Scenario: a model that learns a jump of a half, which never was."""
    (history,) = histories_from_files(adjusted_recording(tmp_path))
    assert history.splits == []
    assert "BAC: the split of 2 for 1 is set aside" in caplog.text


@pytest.mark.real_data
def test_every_split_of_apple_holds(real_data: Path) -> None:
    """Scenario: 23 years of days with four splits, raw, as they were paid."""
    engine = Engine(SETTINGS)
    files = [real_data / "market_lean/lean/Data/equity/usa/daily/aapl.zip"]
    folded(engine, recorded(files))
    decided = [each for each in engine.take_actions() if each.action.action == "split"]
    assert [(each.action.value, each.rejection) for each in decided] == [
        (2.0, ""),
        (2.0, ""),
        (7.0, ""),
        (4.0, ""),
    ]
    (history,) = histories_from_files(files)
    assert [ratio for _, ratio in history.splits] == [2.0, 2.0, 7.0, 4.0]
