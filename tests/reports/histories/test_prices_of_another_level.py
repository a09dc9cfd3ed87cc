"""History whose older prices are at another level: splits that are listed but not applied, days at a hundredth."""

from datetime import UTC, timedelta
from typing import Any

import msgspec
import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from producer.live.followed import Followed
from producer.sources.answers import HistorySlice
from producer.sources.yahoo.charts.chart_types import Chart
from producer.sources.yahoo.charts.history import history
from shared.market.listings import Listing
from shared.market.records import CorporateAction, RecordedBar
from tests.inputs.chart_records import actions, bars, doubtful_bars, doubts
from tests.inputs.records import bars_of, folded, mark
from tests.reports.histories.level_charts import DAYS, NOW, LevelAnswers, body, chart


def closes_of(history: Chart) -> list[float]:
    return [bar.close for bar in bars(history, "X", "1d", NOW)]


def paid(history: Chart) -> list[float]:
    return [act.value for act in actions(history, "X", None, NOW) if act.action == "dividend"]


def test_split_that_is_not_applied_to_older_prices_changes_none_of_them() -> None:
    """Reported to yfinance. BCAN, one for 190: 0.019 was sent as 0.0001."""
    history = chart([0.022, 0.02, 0.021, 0.019, 2.51, 1.96], (1, 190))
    assert closes_of(history) == [0.022, 0.02, 0.021, 0.019, 2.51, 1.96]
    assert [bar.volume for bar in bars(history, "X", "1d", NOW)] == [190_000.0] * 6
    assert (paid(history), doubts(history)) == ([0.1], ())


def test_split_that_is_applied_is_taken_back() -> None:
    """Reported to yfinance. The same share as Yahoo sends it some weeks later."""
    history = chart([4.18, 3.8, 3.99, 3.61, 2.51, 1.96], (1, 190))
    assert closes_of(history) == [0.022, 0.02, 0.021, 0.019, 2.51, 1.96]
    assert [bar.volume for bar in bars(history, "X", "1d", NOW)][:4] == [190_000.0 * 190] * 4
    assert doubts(history) == ()


@pytest.mark.parametrize(
    ("split", "old", "new"),
    [
        ((7, 1), 645.0, 93.0),
        ((3, 2), 90.0, 61.0),
        ((1, 10), 1.0, 9.2),
        ((1, 100), 0.05, 5.2),
        ((2, 1), 80.0, 41.0),
    ],
)
@pytest.mark.parametrize("is_applied", [True, False])
def test_jump_at_the_ex_date_shows_whether_a_split_is_applied(
    split: tuple[float, float], old: float, new: float, is_applied: bool
) -> None:
    """Reported to yfinance, for ratios of every size, in both directions, also of a hundred."""
    ratio = split[0] / split[1]
    history = chart([old / ratio if is_applied else old] * 4 + [new, new], split)
    assert closes_of(history) == pytest.approx([old] * 4 + [new, new], rel=1e-5)
    assert doubts(history) == ()


def test_older_prices_are_set_aside_if_the_jump_shows_neither() -> None:
    """Scenario: a share that falls to 68 hundredths on the day of its split of two for one."""
    history = chart([100.0] * 4 + [68.0, 69.0], (2, 1))
    assert closes_of(history) == [68.0, 69.0]
    assert paid(history) == []
    assert doubts(history) == (
        "prices before the split of 2 for 1 are skipped: it is unclear whether they are adjusted for it",
    )
    assert doubtful_bars(history) == 4
    (split,) = [act for act in actions(history, "X", None, NOW) if act.action == "split"]
    assert split.value == 2.0


def test_split_too_small_to_show_is_taken_as_applied() -> None:
    """Scenario: a dividend in shares, 21 for 20: the rule of the source holds."""
    history = chart([100.0] * 4 + [97.0, 99.0], (21, 20))
    assert closes_of(history) == pytest.approx([105.0] * 4 + [97.0, 99.0])


@pytest.mark.parametrize("wrong", [(2,), (2, 3), (1, 2, 3), (0,), (5,), (0, 1)])
@pytest.mark.parametrize("factor", [0.01, 100.0])
@pytest.mark.parametrize("currency", ["GBp", "GBX", "ZAc", "ZAC", "ZAX", "ILA"])
def test_days_in_another_unit_are_set_aside(wrong: tuple[int, ...], factor: float, currency: str) -> None:
    """Reported to yfinance. ULVR.L, days in pounds among pence: a second wrong day locked the right level out."""
    right = [4330.0, 4290.0, 4232.0, 4411.0, 4413.0, 4420.0]
    closes = [close * factor if day in wrong else close for day, close in enumerate(right)]
    history = chart(closes, None, currency=currency)
    if len(wrong) == 3:
        assert closes_of(history) == []
    else:
        assert closes_of(history) == [close for day, close in enumerate(right) if day not in wrong]
    assert len(doubts(history)) == 1
    assert "by a factor of 100" in doubts(history)[0]
    assert doubtful_bars(history) == len(right) - len(closes_of(history))


def test_one_day_at_a_hundredth_of_a_dollar_price_is_set_aside() -> None:
    """Reported to yfinance, in a currency that has no smaller unit: the prices return to where they were."""
    history = chart([43.0, 42.9, 0.43, 44.1, 44.2], None)
    assert closes_of(history) == [43.0, 42.9, 44.1, 44.2]


COLUMNS = ("open", "high", "low", "close")


def with_one_off(column: str, factor: float, at: int) -> Chart:
    """Days of which one price of one day is off by a factor."""
    history = body([43.0, 42.9, 43.5, 44.1, 44.2], None)
    (columns,) = history["indicators"]["quote"]
    columns["high"] = [close * 1.03 for close in columns["close"]]
    columns["low"] = [close * 0.96 for close in columns["close"]]
    columns[column][at] *= factor
    return msgspec.convert(history, Chart)


@pytest.mark.parametrize("at", [0, 2, 4])
@pytest.mark.parametrize("factor", [0.01, 100.0])
@pytest.mark.parametrize("column", COLUMNS)
def test_day_of_which_one_price_alone_is_100_times_off_is_set_aside(
    column: str, factor: float, at: int
) -> None:
    """Reported to yfinance. A low of 0.43 below a close of 43.5 is no fault of form, and was stored as the day's
    low."""
    history = with_one_off(column, factor, at)
    assert closes_of(history) == [
        close for day, close in enumerate([43.0, 42.9, 43.5, 44.1, 44.2]) if day != at
    ]


def test_such_a_day_raises_an_alert_about_the_data() -> None:
    """Scenario: a day that is set aside is named."""
    assert doubts(with_one_off("low", 0.01, 2)) == (
        "bars are skipped in which one price differs from the others by a factor of 100",
    )
    assert doubtful_bars(with_one_off("low", 0.01, 2)) == 1
    assert doubts(with_one_off("close", 1.0, 2)) == ()


def test_open_and_low_of_a_day_at_a_hundredth_are_set_aside_together() -> None:
    """The same fault in two columns: the day opens far below the close before, and nothing follows."""
    history = body([43.0, 42.9, 43.5, 44.1], None)
    (columns,) = history["indicators"]["quote"]
    columns["open"][2], columns["low"][2] = 0.434, 0.431
    assert closes_of(msgspec.convert(history, Chart)) == [43.0, 42.9, 44.1]


def test_day_in_which_a_price_falls_to_a_hundredth_stands() -> None:
    """Reports of the 2022 LUNA collapse: it opened at the close before, and stayed where it fell."""
    history = body([0.005, 0.00005, 0.00006, 0.00005], None)
    (columns,) = history["indicators"]["quote"]
    columns["open"][1], columns["high"][1] = 0.005, 0.0052
    assert closes_of(msgspec.convert(history, Chart)) == [0.005, 0.00005, 0.00006, 0.00005]


def test_price_that_falls_to_a_hundredth_and_stays_there_stands() -> None:
    """Reports of the 2022 LUNA collapse: no unit, but a fall."""
    history = chart([1.07, 0.005, 0.00005, 0.00005, 0.0001, 0.00009], None, exchangeName="CCC")
    assert closes_of(history) == [1.07, 0.005, 0.00005, 0.00005, 0.0001, 0.00009]
    assert doubts(history) == ()


def test_two_days_at_another_level_do_not_lock_the_right_level_out() -> None:
    """Reported to yfinance. Finished bars are folded as they are received, whatever came before them."""
    history = chart([43.0, 42.9, 0.43, 0.44, 44.1, 44.2], None)
    records = [*bars(history, "X", "1d", NOW)]
    wrong = [
        msgspec.structs.replace(
            records[0], start=DAYS[day].astimezone(UTC), open=0.43, high=0.43, low=0.43, close=0.43
        )
        for day in (2, 3)
    ]
    days = folded(
        Engine(EngineSettings()), [*records[:2], *wrong, *records[2:], mark(NOW.timestamp() + 86_400)]
    )
    assert [bar.close for bar in bars_of(days, "1d", "X")] == [43.0, 42.9, 0.43, 0.43, 44.1, 44.2]


def test_undecidable_prices_raise_an_alert_about_the_data() -> None:
    """Scenario: prices that were set aside without a report."""
    session: Any = LevelAnswers(body([100.0] * 4 + [68.0, 69.0], (2, 1)))
    parts = list(history(session, "X", None, NOW))
    followed = Followed("X", (Listing("yahoo", "X"),), None, True, 2.0, 0.01)
    published: list[RecordedBar | CorporateAction] = []
    for part in parts:
        published += followed.past(part, NOW.timestamp())
    followed.past_ended(None, NOW.timestamp())
    assert [record.close for record in published if isinstance(record, RecordedBar)] == [68.0, 69.0]
    (finding,) = followed.findings
    assert (finding.kind, finding.is_raised, finding.value) == ("doubtful", True, 4)
    assert "split of 2 for 1" in finding.detail


def test_part_without_doubts_raises_none() -> None:
    """Scenario: every other published."""
    followed = Followed("X", (Listing("yahoo", "X"),), None, True, 2.0, 0.01)
    followed.past(HistorySlice([], 1, 1), (NOW - timedelta(days=1)).timestamp())
    followed.past_ended(None, NOW.timestamp())
    assert followed.findings == []
