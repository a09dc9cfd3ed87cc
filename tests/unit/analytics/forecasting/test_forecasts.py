"""Forecasts in the fold: those made at each close, and their scores; all deterministic."""

from dataclasses import replace
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.events import Event
from analytics.forecasting.forecast_events import ForecastStep, PastBar
from analytics.forecasting.scorecard import cluster_days
from ml.models.features import Observation
from ml.uncertainty.conformal import Pool
from shared.market.records import Interval, Record, RecordedBar
from tests.inputs.forecast_minutes import BRISK, MINUTES, OPEN, minutes
from tests.inputs.records import folded, kept, mark, recorded_bar, restored_with, split
from tests.unit.quick_search import QuickSearches

SAME = pytest.approx


def steps_of(
    records: list[Record], some: EngineSettings = MINUTES, fails: bool = False
) -> list[ForecastStep]:
    found = folded(Engine(some, QuickSearches(fails)), records)
    return [event.step for event in found if event.step is not None]


def test_too_few_closes_give_no_forecast_and_the_progress() -> None:
    engine = Engine(MINUTES, QuickSearches())
    steps = [event.step for event in folded(engine, minutes(12)) if event.step is not None]
    assert [(step.number, step.made, step.scored) for step in steps] == [(n, [], []) for n in range(1, 13)]
    (forecasts,) = engine.forecasts()
    assert (forecasts.seen, forecasts.needed) == (12, 25)


def test_first_forecasts_come_with_the_first_sufficient_close() -> None:
    steps = steps_of(minutes(30))
    assert [len(step.made) for step in steps] == [0] * 24 + [2] * 6
    naive, arima = steps[24].made
    assert (naive.model, naive.order, naive.version) == ("naive", (0, 1, 0), 0)
    assert (arima.model, arima.order, arima.version) == ("arima", (0, 1, 0), 0)
    assert [forecast.horizon for forecast in arima.forecasts] == [1, 2, 3]


def test_volatility_must_be_warm_too() -> None:
    few = replace(BRISK, min_observations=10)
    steps = steps_of(minutes(25), replace(MINUTES, forecasts={"1m": few}))
    assert [len(step.made) for step in steps] == [0] * 20 + [2] * 5


def test_search_takes_effect_neither_sooner_nor_later() -> None:
    searches = QuickSearches()
    events = folded(Engine(MINUTES, searches), minutes(80))
    versions = [event.step.made[1].version for event in events if event.step and event.step.made]
    assert searches.asked[0].number == 25
    assert versions[:6] == [0, 0, 0, 0, 25, 25]
    second_search = searches.asked[1].number
    assert versions[second_search - 25 + 3 : second_search - 25 + 5] == [25, second_search]


def test_a_close_scores_the_forecasts_made_of_it() -> None:
    records = minutes(60)
    steps = steps_of(records)
    closes = [record.close for record in records if isinstance(record, RecordedBar)]
    for step in steps[30:]:
        for scored in step.scored:
            assert sorted(scored.scores) == [1, 2, 3]
            for horizon, found in scored.scores.items():
                origin = steps[step.number - horizon - 1]
                (forecast,) = [
                    made.forecasts[horizon - 1] for made in origin.made if made.model == scored.model
                ]
                assert found.error == log(closes[step.number - 1] / forecast.mean)


def test_early_closes_are_scored_at_the_horizons_there_are() -> None:
    steps = steps_of(minutes(30))
    assert [sorted(step.scored[0].scores) for step in steps if step.scored] == [
        *([1], [1, 2], [1, 2, 3]),
        *([1, 2, 3], [1, 2, 3]),
    ]


def test_symbols_of_a_partition_learn_from_one_another_in_the_order_of_their_closes() -> None:
    """A mark that closes hours at once gives what marks in time give."""
    records = minutes(60, symbols="AB")
    at_once = [record for record in records if isinstance(record, RecordedBar)]
    in_time = steps_of(records)
    late = Engine(replace(MINUTES, grace=7200.0), QuickSearches())
    found = folded(late, [*at_once, mark(OPEN + 20_000)])
    assert [event.step for event in found if event.step is not None] == in_time


def test_failed_search_leaves_the_random_walk_and_is_repeated() -> None:
    searches = QuickSearches(fails=True)
    events = folded(Engine(MINUTES, searches), minutes(90))
    assert [search.number for search in searches.asked] == [25, 54, 83]
    forecasts = [event.step.made[1] for event in events if event.step and event.step.made]
    assert {(made.order, made.version) for made in forecasts} == {((0, 1, 0), 0)}


def test_constant_price_has_forecasts_and_no_model() -> None:
    flat: list[Record] = [
        record
        for number in range(60)
        for record in (recorded_bar(OPEN + 60 * number, "1m", (5.0,) * 4), mark(OPEN + 60 * (number + 1)))
    ]
    steps = steps_of(flat)
    assert {forecast.mean for forecast in steps[-1].made[1].forecasts} == {5.0}
    assert all(found.error == 0.0 and found.hit is None for found in steps[-1].scored[1].scores.values())


def test_other_intervals_are_not_forecast() -> None:
    events = folded(Engine(MINUTES, QuickSearches()), minutes(60))
    assert {event.closed.bar.interval for event in events if event.step is not None} == {"1m"}
    assert all(event.step is None for event in folded(Engine(EngineSettings()), minutes(60)))


def test_split_changes_no_error_and_divides_the_forecasts() -> None:
    records = minutes(70)
    place = 2 * 45
    divided: list[Record] = [
        recorded_bar(int(record.start.timestamp()), "1m", (record.close / 4,) * 4, 1.0)
        if isinstance(record, RecordedBar)
        else record
        for record in records[place:]
    ]
    plain, halved = steps_of(records), steps_of([*records[:place], split(OPEN + 60 * 45, 4.0), *divided])
    for one, other in zip(plain, halved, strict=True):
        ratio = 4.0 if one.number > 45 else 1.0
        for plain_made, halved_made in zip(one.made, other.made, strict=True):
            means = [forecast.mean for forecast in plain_made.forecasts]
            assert [ratio * forecast.mean for forecast in halved_made.forecasts] == SAME(means, rel=1e-12)
        for found, divided_score in zip(one.scored, other.scored, strict=True):
            for horizon, each in found.scores.items():
                assert divided_score.scores[horizon].error == SAME(each.error, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 99), st.lists(st.integers(1, 270), max_size=4), st.booleans())
def test_batch_boundaries_and_restarts_change_no_bit(seed: int, cuts: list[int], splits: bool) -> None:
    records = minutes(90, seed, "AB")
    if splits:
        records.insert(150, split(OPEN + 60 * 50, 2.0))
    whole = Engine(MINUTES, QuickSearches())
    expected, state = folded(whole, records), kept(whole)
    found, engine, start = list[Event](), Engine(MINUTES, QuickSearches()), 0
    for cut in [*sorted(cuts), len(records)]:
        for offset in range(start, max(cut, start)):
            engine.fold(records[offset], offset)
        start = max(cut, start)
        found += engine.take_events()
        engine = restored_with(kept(engine), MINUTES, QuickSearches())
    assert found == expected
    assert kept(engine) == state


def test_other_settings_begin_after_the_existing_closes_without_scoring_them() -> None:
    records = minutes(120)
    past = [
        PastBar(OPEN + 60 * number, record.close, Observation(record.close, record.close, record.close, 1.0))
        for number, record in enumerate(records[::2], start=1)
        if isinstance(record, RecordedBar)
    ]
    engine = Engine(MINUTES, QuickSearches())
    folded(engine, records[: 2 * 60])
    searches = QuickSearches()
    other = replace(MINUTES, forecasts={"1m": replace(BRISK, steps=2, window=30)})
    engine = restored_with(kept(engine), MINUTES, searches).under(other, {("A", "1m"): past[:60]})
    assert (searches.asked[-1].number, len(searches.asked[-1].series)) == (60, 30)
    steps = [event.step for event in folded(engine, records[2 * 60 :]) if event.step is not None]
    assert [step.number for step in steps] == list(range(61, 121))
    assert all(len(step.made) == 2 for step in steps)
    assert [len(step.scored) for step in steps[:3]] == [0, 2, 2]
    assert [step.made[1].version for step in steps[2:5]] == [0, 60, 60]


def test_same_settings_go_on_under_other_rules() -> None:
    records = minutes(100)
    plain = steps_of(records)
    engine = Engine(replace(MINUTES, skip_extreme=False), QuickSearches())
    before = folded(engine, records[:120])
    engine = engine.under(MINUTES, {})
    found = [event.step for event in (*before, *folded(engine, records[120:])) if event.step is not None]
    assert found == plain


@pytest.mark.parametrize(
    ("interval", "horizon", "days"),
    [("1m", 5, 1), ("1h", 1, 1), ("1h", 5, 3), ("1d", 1, 1), ("1d", 2, 6), ("1d", 5, 23)],
)
def test_clusters_are_four_times_as_long_as_the_overlap_of_forecasts(
    interval: Interval, horizon: int, days: int
) -> None:
    assert cluster_days(interval, horizon) == days


def test_intervals_follow_the_errors_of_the_whole_partition() -> None:
    """The widths are those of a pool that learns every score in order."""
    pool, sigmas = Pool(3, (0.5, 0.8, 0.95)), dict[tuple[str, int], list[float]]()
    for event in folded(Engine(MINUTES, QuickSearches()), minutes(80, symbols="AB")):
        if event.step is None:
            continue
        for scored in event.step.scored[:1]:
            for horizon, found in scored.scores.items():
                sigma = sigmas[event.closed.bar.symbol, event.step.number - horizon][horizon - 1]
                pool.learn(event.closed.bar.end, horizon, abs(found.error) / sigma)
        for made in event.step.made[:1]:
            assert [forecast.widths for forecast in made.forecasts] == [pool.widths(h) for h in (1, 2, 3)]
            place = event.closed.bar.symbol, event.step.number
            sigmas[place] = [forecast.sigma for forecast in made.forecasts]
