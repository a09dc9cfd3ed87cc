"""The search for an ARIMA order, and the pool of its processes."""

import math
import os
import signal
from collections.abc import Iterator
from multiprocessing import active_children
from multiprocessing.process import BaseProcess

import numpy as np
import pytest
from statsmodels.tsa.arima.model import ARIMA

from ml.arima.arima import Arima, ArimaModel
from ml.arima.search import SearchOutcome, SearchSettings, season_of
from ml.order_search.order_search import MIN_STATIONARY_VALUES, differences, search
from ml.order_search.search_pool import SearchPool, Ticket
from tests.unit.quick_search import timeless

SETTINGS = SearchSettings()
WAIT = 120.0


def noise(length: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=0.01, size=length)


def walk(length: int = 200, seed: int = 1) -> tuple[float, ...]:
    return tuple(np.cumsum(noise(length, seed)).tolist())


def returning(length: int = 300) -> tuple[float, ...]:
    """A series that returns to its mean of 5."""
    values = [5.0]
    for shock in noise(length, seed=3):
        values.append(5.0 + 0.6 * (values[-1] - 5.0) + float(shock))
    return tuple(values)


def found(series: tuple[float, ...], settings: SearchSettings = SETTINGS) -> ArimaModel:
    outcome = search(series, settings)
    assert outcome.model is not None, outcome.reason
    return outcome.model


def test_a_random_walk_is_found_to_be_one() -> None:
    model = found(walk())
    assert model.order == (0, 1, 0)
    assert model.sigma == pytest.approx(0.01, rel=0.2)


def test_a_return_to_the_mean_is_found_with_its_level() -> None:
    model = found(returning())
    assert model.order == (1, 0, 0)
    assert model.ar[0] == pytest.approx(0.6, abs=0.1)
    assert model.constant / (1 - model.ar[0]) == pytest.approx(5.0, abs=0.01)


def test_the_same_series_gives_the_same_model_to_the_last_bit() -> None:
    assert timeless(search(returning(), SETTINGS)) == timeless(search(returning(), SETTINGS))


@pytest.mark.parametrize("series", [walk(), returning()], ids=["differenced", "plain"])
def test_the_criterion_is_that_of_the_model_fitted_to_the_series_itself(series: tuple[float, ...]) -> None:
    outcome = search(series, SETTINGS)
    assert outcome.model is not None
    values = np.array(series) - series[0]
    constant = outcome.model.constant - series[0] * (1 - sum(outcome.model.ar)) * (outcome.model.d == 0)
    fitted = ARIMA(values, order=outcome.model.order, trend="c" if abs(constant) > 1e-9 else "n").fit()
    assert outcome.aicc == pytest.approx(float(fitted.aicc), abs=0.5)


def test_the_unit_of_the_series_does_not_matter() -> None:
    scale = 2.0**-20
    model, scaled = found(returning()), found(tuple(scale * value for value in returning()))
    assert (scaled.ar, scaled.ma) == (model.ar, model.ma)
    assert scaled.sigma == pytest.approx(model.sigma * scale)


def test_one_jump_to_ten_times_the_price_still_gives_a_model() -> None:
    series = walk()
    model = found((*series[:100], *(value + math.log(10) for value in series[100:])))
    assert model.d == 1
    assert model.sigma > 0.1


def test_no_order_above_the_highest_is_tried() -> None:
    shocks = noise(400)
    moving = np.cumsum(shocks[3:] + 0.9 * shocks[:-3])
    p, d, q = found(tuple(moving.tolist()), SearchSettings(max_p=1, max_q=1)).order
    assert p <= 1
    assert d <= 1
    assert q <= 1


def test_two_differences_are_taken_only_where_they_are_allowed_and_called_for() -> None:
    twice = np.cumsum(np.cumsum(noise(300)))
    assert [differences(twice, most) for most in (0, 1, 2)] == [0, 1, 2]
    assert [differences(np.cumsum(noise(300)), most) for most in (0, 1, 2)] == [0, 1, 1]


def test_a_mean_is_fitted_only_over_a_window_long_enough() -> None:
    series = np.array(returning(MIN_STATIONARY_VALUES - 1))
    assert differences(series[: MIN_STATIONARY_VALUES - 1], 1) == 1
    assert differences(series, 1) == 0


def test_hardly_a_random_walk_is_taken_for_a_return_to_a_mean() -> None:
    for length in (MIN_STATIONARY_VALUES, 500):
        assert sum(differences(np.cumsum(noise(length, seed)), 1) == 0 for seed in range(200)) <= 2


def test_a_season_is_found_if_it_is_requested() -> None:
    values = noise(300)
    for t in range(5, 300):
        values[t] += 0.8 * values[t - 5]
    series = tuple(values.tolist())
    assert found(series, SearchSettings(max_p=1, max_q=1, season=5)).order[0] >= 5
    assert found(series, SearchSettings(max_p=1, max_q=1)).order[0] <= 1


def test_only_intervals_with_a_short_season_have_one() -> None:
    assert [season_of(interval) for interval in ("1m", "5m", "15m", "1h", "1d")] == [1, 1, 26, 7, 5]


@pytest.mark.parametrize(
    ("series", "reason"),
    [
        ((*walk(), math.nan), "not finite"),
        ((*walk(), -math.inf), "not finite"),
        ((4.6,) * 200, "every value is the same"),
        ((1.0, 2.0, 3.0), "3 values are too few"),
        ((), "0 values are too few"),
    ],
)
def test_a_series_without_a_model_fails_with_its_reason(series: tuple[float, ...], reason: str) -> None:
    outcome = search(series, SETTINGS)
    assert outcome.model is None
    assert reason in outcome.reason


@pytest.mark.parametrize(
    "series", [tuple(0.01 * t for t in range(100)), (*(0.0,) * 99, 1.0), (0.0, 1.0) * 10]
)
def test_an_odd_series_gives_a_model_or_a_reason(series: tuple[float, ...]) -> None:
    outcome = search(series, SearchSettings(max_p=2, max_q=2))
    assert (outcome.model is None) == bool(outcome.reason)


@pytest.mark.parametrize("steepness", [5.0, 12.0, 30.0])
@pytest.mark.parametrize("length", [60, 120, 240])
def test_a_smooth_series_gives_a_model_whose_filter_stays_finite(steepness: float, length: int) -> None:
    """Report: a model next to five unit roots was found for a logistic curve, and its state was not a number."""
    places = np.arange(length) / length
    series = tuple((0.3 / (1 + np.exp(-(places - 0.5) * steepness))).tolist())
    filtered = Arima(found(series))
    for value in series:
        filtered.update(value)
    assert filtered.is_finite
    assert all(abs(mean) < 100 for mean in filtered.means(60))


@pytest.fixture(scope="module")
def others() -> set[BaseProcess]:
    """The processes that were there before the pool."""
    return set(active_children())


@pytest.fixture(scope="module")
def pool(others: set[BaseProcess]) -> Iterator[SearchPool]:
    with SearchPool() as pool:
        yield pool


def submit(pool: SearchPool, series: tuple[float, ...], settings: SearchSettings = SETTINGS) -> Ticket:
    return pool.submit("IBM", "1d", series, settings)


def answer(pool: SearchPool, ticket: Ticket) -> SearchOutcome:
    """The outcome of a search that is under way, but for how long it took."""
    outcome = pool.result(ticket, WAIT)
    assert outcome is not None
    assert outcome.seconds > 0.0
    return timeless(outcome)


def test_a_result_of_the_pool_is_that_of_the_search_itself(pool: SearchPool) -> None:
    assert answer(pool, submit(pool, returning())) == timeless(search(returning(), SETTINGS))


def test_one_worker_answers_every_search_that_waits(pool: SearchPool) -> None:
    tickets = [submit(pool, walk(60, seed=seed)) for seed in range(4)]
    for seed in (3, 0, 2, 1):
        assert answer(pool, tickets[seed]) == timeless(search(walk(60, seed=seed), SETTINGS))


def test_a_result_that_is_not_there_yet_is_none_and_comes_later(pool: SearchPool) -> None:
    ticket = submit(pool, walk())
    assert pool.result(ticket, 0.0) is None
    assert pool.result(ticket, WAIT) is not None


def test_a_search_requested_twice_has_two_tickets_and_each_result_is_taken_once(
    pool: SearchPool,
) -> None:
    first, second = submit(pool, walk()), submit(pool, walk())
    assert answer(pool, second) == answer(pool, first)
    for ticket in (first, second):
        with pytest.raises(KeyError):
            pool.result(ticket, 0.0)


def test_an_abandoned_search_gives_no_result_and_may_be_requested_again(pool: SearchPool) -> None:
    running, waiting = submit(pool, walk()), submit(pool, walk())
    for ticket in (running, waiting):
        pool.abandon(ticket)
        with pytest.raises(KeyError):
            pool.result(ticket, 0.0)
    assert answer(pool, submit(pool, returning())) == timeless(search(returning(), SETTINGS))


def test_a_killed_worker_fails_its_search_alone(pool: SearchPool, others: set[BaseProcess]) -> None:
    assert pool.result(submit(pool, (1.0,) * 20), WAIT) is not None
    lost = submit(pool, endless(), SearchSettings(season=26))
    (worker,) = set(active_children()) - others
    worker.kill()
    dead = pool.result(lost, WAIT)
    again = pool.result(submit(pool, (1.0,) * 20), WAIT)
    assert dead is not None
    assert "died" in dead.reason
    assert again is not None


def test_an_unresponsive_worker_is_replaced_and_its_search_starts_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with SearchPool(timeout=0.5) as pool:
        others = set(active_children())
        assert pool.result(submit(pool, (1.0,) * 20), WAIT) is not None
        (worker,) = set(active_children()) - others
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGSTOP)
        assert answer(pool, submit(pool, returning())) == timeless(search(returning(), SETTINGS))
    assert (
        "The model search for IBM on 1d bars did not respond within 0.5 s: restarting it in a new process."
        in caplog.messages
    )


def endless() -> tuple[float, ...]:
    """A series whose seasonal search takes minutes."""
    return walk(20_000)


def test_a_closed_pool_leaves_no_process() -> None:
    others = set(active_children())
    with SearchPool() as pool:
        submit(pool, walk())
        assert set(active_children()) - others
    assert set(active_children()) == others


def test_a_worker_without_a_search_ends_and_the_next_search_starts_another() -> None:
    others = set(active_children())
    with SearchPool(idle=0.0) as pool:
        assert answer(pool, submit(pool, walk())).model is not None
        assert set(active_children()) == others
        assert answer(pool, submit(pool, walk())).model is not None


def test_a_worker_stays_between_two_searches_that_follow_each_other(
    pool: SearchPool, others: set[BaseProcess]
) -> None:
    answer(pool, submit(pool, walk()))
    (worker,) = set(active_children()) - others
    pool.poll()
    assert set(active_children()) - others == {worker}
