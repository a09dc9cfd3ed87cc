"""Forecasts of one symbol at every bar: when they begin, which model makes them, and unusual closes."""

import json
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from ml.arima.arima import Arima, ArimaModel
from ml.arima.forecaster import ArimaForecast, Forecaster, ForecastSettings, Warming
from ml.arima.search import SearchOutcome, SearchSettings
from ml.order_search.search_pool import SearchPool, Ticket

SETTINGS = ForecastSettings(min_observations=20, window=60, search_every=50, search_lag=4)
# Hardly more than a random walk, so that closes at random don't speak against it.
MODEL = ArimaModel((0.05,), 1, (0.03,), 0.0, 0.012)
FOUND = SearchOutcome(MODEL)
FAILED = SearchOutcome(None, "no model fits")
Answer = ArimaForecast | Warming


def closes(count: int, price: float = 100.0, seed: int = 1) -> list[float]:
    changes = np.random.default_rng(seed).normal(scale=0.01, size=count)
    return [price * math.exp(each) for each in np.cumsum(changes)]


def new(settings: ForecastSettings = SETTINGS) -> Forecaster:
    return Forecaster("IBM", "1d", settings)


def step(forecaster: Forecaster, number: int, close: float, outcome: SearchOutcome = FOUND) -> Answer:
    return forecaster.update(number, close, outcome if forecaster.needs_result(number) else None)


def folded(series: list[float], outcome: SearchOutcome = FOUND) -> tuple[Forecaster, list[Answer]]:
    forecaster = new()
    return forecaster, [step(forecaster, number, close, outcome) for number, close in enumerate(series)]


def forecast_after(series: list[float]) -> ArimaForecast:
    answer = folded(series)[1][-1]
    assert isinstance(answer, ArimaForecast)
    return answer


def test_below_the_fewest_closes_it_reports_their_number() -> None:
    _, answers = folded(closes(20))
    assert answers[:19] == [Warming(seen, 20) for seen in range(1, 20)]
    assert isinstance(answers[19], ArimaForecast)


@pytest.mark.parametrize("count", [1, 3])
def test_a_single_price_or_three_bars_give_no_forecast(count: int) -> None:
    assert folded(closes(count))[1][-1] == Warming(count, 20)


def test_until_the_first_result_the_random_walk_forecasts() -> None:
    series = closes(20)
    assert forecast_after(series) == (19, (0, 1, 0), 0, [series[-1]] * 5)


def test_the_first_search_is_requested_with_the_first_forecast() -> None:
    forecaster, _ = folded(closes(19))
    assert forecaster.asked_at is None
    series = closes(20)
    step(forecaster, 19, series[-1])
    assert forecaster.asked_at == 19
    assert forecaster.search() == pytest.approx([math.log(close / series[0]) for close in series])


def test_a_result_takes_effect_at_its_bar_never_sooner_never_later() -> None:
    series = closes(24)
    forecaster, answers = folded(series[:23])
    assert [answer.version for answer in answers[19:] if isinstance(answer, ArimaForecast)] == [0, 0, 0, 0]
    assert forecaster.needs_result(23)
    with pytest.raises(ValueError, match="search result if and only if one is due"):
        forecaster.update(23, series[23])
    changed = forecaster.update(23, series[23], FOUND)
    assert isinstance(changed, ArimaForecast)
    assert (changed.version, changed.order) == (19, (1, 1, 1))
    with pytest.raises(ValueError, match="search result if and only if one is due"):
        forecaster.update(24, series[23], FOUND)


def test_the_found_model_forecasts_as_the_filter_over_the_logarithms() -> None:
    series = closes(50)
    arima = Arima(MODEL)
    for close in series:
        arima.update(math.log(close))
    assert forecast_after(series).prices == pytest.approx([math.exp(mean) for mean in arima.means(5)])


def test_a_young_series_is_searched_again_once_it_has_grown_fourfold() -> None:
    for symbol in ("IBM", "AAPL", "MSFT"):
        forecaster, asked = Forecaster(symbol, "1m", replace(SETTINGS, search_every=2000)), []
        for number, close in enumerate(closes(900), start=1):
            step(forecaster, number, close)
            if forecaster.asked_at == number:
                asked.append(number)
        assert asked[0] == 20
        assert all(4 * before <= after <= 4.5 * before for before, after in pairwise(asked))
        assert len(asked) >= 3


def test_later_searches_come_at_bars_of_the_symbols_own() -> None:
    asked: dict[str, list[int]] = {}
    for symbol in ("IBM", "AAPL", "MSFT"):
        forecaster = Forecaster(symbol, "1d", SETTINGS)
        for number, close in enumerate(closes(500)):
            step(forecaster, number, close)
            if forecaster.asked_at == number:
                asked.setdefault(symbol, []).append(number)
    for bars in asked.values():
        assert bars[0] == 19
        assert {after - before for before, after in pairwise(bars[-5:])} == {50}
    assert len({bars[-1] for bars in asked.values()}) == 3


def test_a_search_sees_its_window_alone() -> None:
    forecaster = new()
    for number, close in enumerate(closes(200)):
        step(forecaster, number, close)
        if forecaster.asked_at is not None:
            assert len(forecaster.search()) == min(forecaster.asked_at + 1, 60)


def test_a_failed_search_leaves_the_model_and_is_repeated() -> None:
    forecaster, _ = folded(closes(60))
    kept, asked = forecaster.version, []
    for number, close in enumerate(closes(150, seed=2), start=60):
        answer = step(forecaster, number, close, FAILED)
        assert isinstance(answer, ArimaForecast)
        assert (answer.version, answer.order) == (kept, MODEL.order)
        if forecaster.asked_at == number:
            asked.append(number)
    assert {after - before for before, after in pairwise(asked)} == {SETTINGS.search_lag + 20}


def test_a_found_model_that_can_not_be_started_is_a_failed_search() -> None:
    unusable = SearchOutcome(ArimaModel((3.637978807091713e-12, 0.999999999996362), 1))
    series = closes(200)
    _, answers = folded(series, unusable)
    assert answers == folded(series, SearchOutcome(None, "nothing found"))[1]


def test_a_stored_state_with_overflowed_numbers_goes_on_as_a_random_walk() -> None:
    """Report: versions before stored them as null, and analytics failed at every start."""
    forecaster, _ = folded(closes(200))
    state = json.loads(json.dumps(forecaster.state()))
    assert state["arima"]["past"]
    state["arima"]["past"] = [None for _ in state["arima"]["past"]]
    restored = new()
    restored.restore(state)
    answer = step(restored, 201, 100.0)
    assert isinstance(answer, ArimaForecast)
    assert (answer.order, answer.version) == ((0, 1, 0), 0)


def test_where_every_search_fails_the_random_walk_goes_on() -> None:
    _, answers = folded(closes(200), FAILED)
    assert {answer.order for answer in answers if isinstance(answer, ArimaForecast)} == {(0, 1, 0)}


def test_a_restart_at_any_bar_changes_no_forecast_and_no_search() -> None:
    whole, cut = new(), new()
    for number, close in enumerate(closes(200)):
        if number == 90:
            whole.split(7.0)
            cut.split(7.0)
        close = close / 7.0 if number >= 90 else close
        assert step(cut, 2 * number if number > 150 else number, close) == step(
            whole, 2 * number if number > 150 else number, close
        )
        restarted = new()
        restarted.restore(json.loads(json.dumps(cut.state())))
        cut = restarted
        assert cut.asked_at == whole.asked_at
        if whole.asked_at is not None:
            assert cut.search() == whole.search()


def test_a_pending_search_requested_again_later_is_the_same() -> None:
    forecaster, _ = folded(closes(20))
    asked = forecaster.search()
    for number, close in enumerate(closes(3, seed=4), start=20):
        forecaster.update(number, close)
    forecaster.split(2.0)
    assert forecaster.search() == asked


def test_a_state_of_other_settings_is_refused() -> None:
    forecaster, _ = folded(closes(30))
    other = new(ForecastSettings(min_observations=20, window=60, search_every=50, search_lag=3))
    with pytest.raises(ValueError, match="does not fit"):
        other.restore(forecaster.state())


@pytest.mark.parametrize("ratio", [2.0, 7.0, 0.1])
def test_a_split_divides_every_forecast_and_nothing_else(ratio: float) -> None:
    series = closes(80)
    plain = forecast_after(series)
    forecaster, _ = folded(series[:50])
    forecaster.split(ratio)
    for number, close in enumerate(series[50:], start=50):
        answer = step(forecaster, number, close / ratio)
    assert isinstance(answer, ArimaForecast)
    assert answer.prices == pytest.approx([price / ratio for price in plain.prices], rel=1e-12)


@pytest.mark.parametrize("price", [1e-5, 70_000.0])
def test_the_height_of_the_price_does_not_matter(price: float) -> None:
    usual, other = forecast_after(closes(80)), forecast_after(closes(80, price))
    assert other.prices == pytest.approx([each * price / 100 for each in usual.prices], rel=1e-9)


@pytest.mark.parametrize("price", [1e-5, 0.1, 70_000.0])
def test_equal_closes_are_forecast_as_they_are(price: float) -> None:
    for count in (20, 24, 100):
        made = forecast_after([price] * count)
        assert (made.order, made.version, made.prices) == ((0, 1, 0), 0, [price] * 5)


def test_closes_that_only_a_split_divided_are_equal() -> None:
    forecaster, _ = folded([100.0] * 50)
    forecaster.split(7.0)
    answer = step(forecaster, 50, 100.0 / 7.0)
    assert isinstance(answer, ArimaForecast)
    assert (answer.order, answer.prices[0]) == ((0, 1, 0), 100.0 / 7.0)


def test_the_first_move_after_equal_closes_brings_the_model_back() -> None:
    assert forecast_after([100.0] * 24 + [101.0]).order == MODEL.order


def test_a_jump_to_ten_times_the_price_is_followed() -> None:
    series = [*closes(50), *closes(30, 1000.0)]
    assert forecast_after(series).prices == pytest.approx([series[-1]] * 5, rel=0.05)


def test_prices_at_the_ends_of_the_floats_make_no_error() -> None:
    made = forecast_after([1e-300, 1e300] * 15)
    assert all(math.isfinite(price) for price in made.prices)


def test_missing_bars_are_forgotten_some_bars_later() -> None:
    series = closes(80)
    gapless, missing = folded(series[:60])[0], folded(series[:60])[0]
    for number, close in enumerate(series[60:], start=60):
        plain = step(gapless, number, close)
        late = step(missing, number + 1000, close)
    assert isinstance(plain, ArimaForecast)
    assert isinstance(late, ArimaForecast)
    assert late.number == plain.number + 1000
    assert late.prices == pytest.approx(plain.prices, rel=1e-6)


def test_a_result_due_between_missing_bars_takes_effect_at_the_next_bar() -> None:
    forecaster, _ = folded(closes(20))
    assert forecaster.needs_result(500)
    answer = forecaster.update(500, 100.0, FOUND)
    assert isinstance(answer, ArimaForecast)
    assert answer.version == 19


@pytest.mark.parametrize("number", [29, 3])
def test_a_repeated_or_earlier_bar_is_refused(number: int) -> None:
    forecaster, _ = folded(closes(30))
    with pytest.raises(ValueError, match="not later"):
        forecaster.update(number, 100.0)


@pytest.mark.parametrize("close", [0.0, -1.0, math.nan, math.inf])
def test_a_close_that_is_no_price_is_refused_and_changes_nothing(close: float) -> None:
    forecaster, _ = folded(closes(30))
    before = forecaster.state()
    with pytest.raises(ValueError, match="positive and finite"):
        forecaster.update(30, close)
    assert forecaster.state() == before


@pytest.mark.parametrize("ratio", [0.0, -2.0, math.nan])
def test_a_ratio_that_is_no_split_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match="ratio"):
        folded(closes(5))[0].split(ratio)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"min_observations": count} for count in (2, 501)),
        *({name: 0} for name in ("steps", "search_lag", "confidence")),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"min_observations must|at least 1"):
        ForecastSettings(**wrong)  # type: ignore[arg-type]


def test_real_searches_give_the_same_forecasts_at_every_run() -> None:
    settings = ForecastSettings(20, window=60, search_every=50, search_lag=4, search=SearchSettings(2, 1, 2))
    runs: list[list[Answer]] = []
    tickets: list[Ticket] = []
    with SearchPool() as pool:
        for _ in range(2):
            forecaster, answers = new(settings), []
            for number, close in enumerate(closes(100)):
                outcome = None
                if forecaster.needs_result(number):
                    outcome = pool.result(tickets[-1], 120.0)
                answers.append(forecaster.update(number, close, outcome))
                if forecaster.asked_at == number:
                    tickets.append(pool.submit("IBM", "1d", forecaster.search(), settings.search))
            runs.append(answers)
    assert runs[0] == runs[1]
    assert any(isinstance(answer, ArimaForecast) and answer.version == 19 for answer in runs[0])
