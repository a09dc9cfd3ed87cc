"""The track record of a rule against a plain calculation, and on markets of which the truth is known."""

from statistics import mean, median, stdev

import numpy as np
import pytest
from scipy.stats import t

from analytics.alerts.track_record.returns import SymbolBars
from analytics.alerts.track_record.track_record import (
    CHANCE,
    HIGHER,
    LOWER,
    TOO_FEW,
    Fired,
    track_record,
)

HOUR, DAY = 3_600, 86_400
BARS_A_DAY = 78


def market(days: int, seed: int, drift_after: dict[int, float] | None = None) -> SymbolBars:
    """Five-minute bars from 14:00; after the bars at these places of each day, the price drifts for a bar."""
    rng = np.random.default_rng(seed)
    moves = rng.normal(0.0, 0.001, days * BARS_A_DAY)
    ends = np.array([day * DAY + 14 * HOUR + 300 * bar for day in range(days) for bar in range(BARS_A_DAY)])
    for place, drift in (drift_after or {}).items():
        moves[place + 1 :: BARS_A_DAY] += drift
    return SymbolBars(ends, 100.0 * np.exp(np.cumsum(moves)), ends % DAY // HOUR, ends // DAY)


def every_day(bars: SymbolBars, place: int) -> Fired:
    return Fired(bars, np.arange(place, len(bars.closes), BARS_A_DAY))


def test_figures_are_those_of_a_plain_calculation() -> None:
    bars = market(30, seed=1)
    record = track_record([every_day(bars, 20)], "5m")[1]
    closes, hours = bars.closes.tolist(), bars.hours.tolist()
    after = {place: closes[place + 5] / closes[place] - 1 for place in range(len(closes) - 5)}
    ours = [after[place] for place in range(20, len(closes), BARS_A_DAY)]
    usual = [value for place, value in after.items() if hours[place] == hours[20]]
    differences = [value - mean(usual) for value in ours]
    half = t.ppf(0.975, 29) * stdev(differences) / len(ours) ** 0.5
    assert (record.horizon, record.alerts, record.days) == (5, 30, 30)
    assert record.median == pytest.approx(median(ours))
    assert record.positive == pytest.approx(mean(value > 0 for value in ours))
    assert record.usual_median == pytest.approx(median(usual))
    assert record.usual_positive == pytest.approx(mean(value > 0 for value in usual))
    assert record.difference is not None
    assert record.difference.mean == pytest.approx(mean(differences))
    assert record.difference.high - record.difference.mean == pytest.approx(half, rel=1e-3)


@pytest.mark.parametrize(("drift", "verdict"), [(0.003, HIGHER), (-0.003, LOWER)])
def test_a_rule_that_knows_something_is_distinguished_from_chance(drift: float, verdict: str) -> None:
    bars = market(60, seed=2, drift_after={40: drift})
    assert track_record([every_day(bars, 40)], "5m")[0].verdict == verdict


def test_of_rules_that_know_nothing_one_in_twenty_seems_to() -> None:
    verdicts = [
        record.verdict
        for seed in range(100)
        for record in track_record([every_day(market(40, seed), 10 + seed % 50)], "5m")[:1]
    ]
    assert verdicts.count(CHANCE) >= 88


def test_alerts_of_one_day_count_as_one_observation() -> None:
    bars = market(25, seed=3)
    many = Fired(bars, np.flatnonzero(bars.hours == 15))
    record = track_record([many], "5m")[0]
    assert (record.days, record.alerts) == (25, 25 * 12)
    assert record.difference is not None and record.difference.clusters == 25
    assert record.difference.mean == pytest.approx(0.0, abs=1e-15)


def test_nineteen_days_are_too_few() -> None:
    assert (
        track_record([every_day(market(19, seed=4), 5)], "5m")[0].verdict
        == f"{TOO_FEW} (19 of 20 observations)"
    )


def test_a_rule_that_never_fired_has_no_figures() -> None:
    bars = market(30, seed=5)
    record = track_record([Fired(bars, np.empty(0, dtype=np.int64))], "5m")[0]
    assert tuple(record) == (1, 0, 0, None, None, None, None, 0, None)
    assert record.verdict == f"{TOO_FEW} (0 of 20 observations)"


def test_the_last_alert_has_no_return_until_its_bar_comes() -> None:
    bars = market(30, seed=6)
    last = Fired(bars, np.array([len(bars.closes) - 1]))
    assert [record.alerts for record in track_record([last], "5m")] == [0, 0, 0, 0]


def test_symbols_are_compared_with_their_own_bars_only() -> None:
    calm, wild = market(30, seed=7), market(30, seed=8)
    wild = wild._replace(closes=wild.closes**3)
    together = track_record([every_day(calm, 10), every_day(wild, 10)], "5m")[0]
    alone = [track_record([every_day(bars, 10)], "5m")[0] for bars in (calm, wild)]
    assert together.alerts == 60
    assert together.difference is not None
    assert together.difference.mean == pytest.approx(
        mean(record.difference.mean for record in alone if record.difference)
    )
