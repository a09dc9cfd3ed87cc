"""When an ARIMA model is set aside, and the loss until then."""

import json
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ml.arima.arima import ArimaModel
from ml.arima.forecaster import RETRY_FACTOR, ArimaForecast, Forecaster, ForecastSettings, Warming
from ml.arima.search import SearchOutcome
from ml.arima.skill_monitor import SkillMonitor
from ml.forecast_settings import forecast_settings
from ml.order_search.order_search import search
from shared.settings.model_settings import Models

SETTINGS = ForecastSettings(min_observations=20, window=60, search_every=50, search_lag=4)
LIVE = forecast_settings(Models(), "1m")
RETURNING = SearchOutcome(ArimaModel((0.6,), 0, (), 0.0, 0.01))
"""A series that returns to where it began."""
Answer = ArimaForecast | Warming


def forecaster_of(settings: ForecastSettings = SETTINGS) -> Forecaster:
    return Forecaster("IBM", "1d", settings)


def step(forecaster: Forecaster, number: int, close: float, outcome: SearchOutcome = RETURNING) -> Answer:
    return forecaster.update(number, close, outcome if forecaster.needs_result(number) else None)


def walk(count: int, seed: int = 1) -> list[float]:
    changes = np.random.default_rng(seed).normal(scale=0.01, size=count)
    return [100.0 * math.exp(each) for each in np.cumsum(changes)]


def returning(count: int, level: float = 0.0, seed: int = 5) -> list[float]:
    """Closes that return to a level, as a log return from 100."""
    place, found = 0.0, []
    for shock in np.random.default_rng(seed).normal(scale=0.01, size=count):
        place = 0.6 * place + float(shock)
        found.append(100.0 * math.exp(level + place))
    return found


def skill(series: list[float], answers: list[Answer]) -> float:
    """Of the closes after the answers, one bar ahead."""
    own = still = 0.0
    for answer, before, close in zip(answers, series, series[1:], strict=False):
        assert isinstance(answer, ArimaForecast)
        own += math.log(close / answer.prices[0]) ** 2
        still += math.log(close / before) ** 2
    return 1.0 - own / still


def test_a_level_that_is_left_costs_little() -> None:
    """A model of a mean pulls every forecast back to it; from a jump on nothing returns there."""
    series = [*returning(1_000), *returning(1_001, level=0.3, seed=6)]
    forecaster, answers = forecaster_of(LIVE), []
    for number, close in enumerate(series, start=1):
        outcome = search(forecaster.search(), LIVE.search) if forecaster.needs_result(number) else None
        answers.append(forecaster.update(number, close, outcome))
    before, after = answers[999], answers[1_020]
    assert isinstance(before, ArimaForecast)
    assert isinstance(after, ArimaForecast)
    assert before.order[1] == 0
    assert (after.order, after.version) == ((0, 1, 0), 0)
    assert skill(series[700:1_000], answers[700:]) > 0.1
    # The jump itself nobody can foresee; it is no part of the thousand that follow it.
    assert skill(series[1_000:], answers[1_000:]) > -0.2


def set_aside(left_behind: int) -> tuple[Forecaster, list[float]]:
    """One that believes in a level until it is left, so many bars before; its closes."""
    series = [*returning(60), *returning(left_behind, level=0.5)]
    forecaster = forecaster_of()
    for number, close in enumerate(series):
        step(forecaster, number, close)
    return forecaster, series


def test_a_model_that_is_far_off_is_set_aside_within_a_few_bars() -> None:
    assert set_aside(0)[0].version != 0
    assert set_aside(8)[0].version == 0


def test_after_a_model_is_set_aside_searches_come_sooner_but_not_all_the_time() -> None:
    forecaster, asked = forecaster_of(replace(SETTINGS, search_every=2_000)), []
    for number, close in enumerate(walk(3_000), start=1):
        step(forecaster, number, close)
        if forecaster.asked_at == number:
            asked.append(number)
    patience = RETRY_FACTOR * SETTINGS.min_observations
    assert [after - before for before, after in pairwise(asked)][-5:] == [patience] * 5


def test_a_search_under_way_brings_the_next_model_though_the_last_was_set_aside() -> None:
    forecaster, series = set_aside(8)
    while forecaster.asked_at is None:
        step(forecaster, forecaster.number + 1, series[-1])
    for _ in range(SETTINGS.search_lag):
        last = step(forecaster, forecaster.number + 1, series[-1], SearchOutcome(None, "no model fits"))
    assert isinstance(last, ArimaForecast)
    assert last.version == 0


def test_a_restart_around_the_setting_aside_changes_nothing() -> None:
    series = [*returning(60), *returning(200, level=0.5)]
    whole, cut = forecaster_of(), forecaster_of()
    versions = set()
    for number, close in enumerate(series):
        if number == 62:
            whole.split(3.0)
            cut.split(3.0)
        close = close / 3.0 if number >= 62 else close
        later = number + 30 if number >= 65 else number
        assert step(cut, later, close) == step(whole, later, close)
        restarted = forecaster_of()
        restarted.restore(json.loads(json.dumps(cut.state())))
        cut = restarted
        assert cut.state() == whole.state()
        versions.add(whole.version)
    assert {0, 19} <= versions


def test_a_random_walk_seldom_rejects_a_model_close_to_no_change() -> None:
    """Changes that keep a tenth of the last one: what a search finds in a walk that has nothing to be found."""
    model = SearchOutcome(ArimaModel((0.1,), 1, (), 0.0, 0.01))
    kept = 0
    for seed in range(20):
        forecaster = forecaster_of(replace(SETTINGS, search_every=2_000))
        for number, close in enumerate(walk(1_000, seed=seed)):
            step(forecaster, number, close, model)
        kept += forecaster.version != 0
    assert kept >= 19


def test_trust_is_lost_by_more_than_a_tenth_and_not_by_one_odd_close() -> None:
    monitor = SkillMonitor()
    for _ in range(100):
        monitor.add(1.0, 1.0)
    monitor.add(2.0, 1.0)
    assert not monitor.has_lost_skill
    for _ in range(10):
        monitor.add(2.0, 1.0)
    assert monitor.has_lost_skill


def test_constant_closes_reject_no_model_that_forecasts_no_change() -> None:
    monitor = SkillMonitor()
    for _ in range(100_000):
        monitor.add(0.0, 0.0)
    assert not monitor.has_lost_skill
