"""The ARIMA filter compared with statsmodels, and cases without a comparison."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.arima.model import ARIMA

from ml.arima.arima import Arima, ArimaModel
from tests.oracles.arima import apart, polynomial

PARTIALS = st.lists(st.floats(-0.9, 0.9), max_size=5).map(polynomial)
MODELS = st.builds(
    ArimaModel,
    ar=PARTIALS,
    d=st.integers(0, 2),
    ma=PARTIALS.map(lambda numbers: tuple(-each for each in numbers)),
    constant=st.floats(-1, 1),
    sigma=st.floats(0.01, 100),
)


def walk(seed: int, length: int = 120, level: float = 50.0) -> list[float]:
    changes = np.random.default_rng(seed).normal(size=length)
    return [level + float(each) for each in np.cumsum(changes)]


@settings(max_examples=30)
@given(MODELS, st.integers(0, 1000))
def test_every_forecast_equals_that_of_statsmodels(model: ArimaModel, seed: int) -> None:
    assert apart(model, walk(seed), steps=8) < 1e-7


@settings(max_examples=30)
@given(MODELS, st.integers(0, 1000), st.sets(st.integers(10, 119), max_size=30))
def test_every_forecast_between_missing_values_equals_that_of_statsmodels(
    model: ArimaModel, seed: int, missing: set[int]
) -> None:
    series = [math.nan if t in missing else value for t, value in enumerate(walk(seed))]
    assert apart(model, series, steps=8) < 1e-7


@pytest.mark.parametrize("scale", [1e-5, 1.0, 70_000.0])
def test_forecasts_equal_those_of_statsmodels_at_any_height_of_price(scale: float) -> None:
    model = ArimaModel((0.4, -0.2), 1, (0.3,), 0.01 * scale, 0.02 * scale)
    # statsmodels' own tolerances are absolute, so it is asked at scale 1.
    unit = ArimaModel((0.4, -0.2), 1, (0.3,), 0.01, 0.02)
    series = walk(7, level=1.0)
    ours, same = Arima(model), Arima(unit)
    for value in series:
        ours.update(value * scale)
        same.update(value)
    assert apart(unit, series, steps=5) < 1e-7
    for (mean, deviation), (unit_mean, unit_deviation) in zip(
        ours.forecast(5), same.forecast(5), strict=True
    ):
        assert mean == pytest.approx(unit_mean * scale, rel=1e-11)
        assert deviation == pytest.approx(unit_deviation * scale, rel=1e-11)


def test_a_jump_to_ten_times_the_price_is_met_as_by_statsmodels() -> None:
    series = walk(3)
    assert (
        apart(ArimaModel((0.5,), 1, (0.4, 0.2), 0.0, 0.3), [*series, *(10 * each for each in series)], 5)
        < 1e-7
    )


def test_a_value_at_a_time_equals_an_appended_fit_of_statsmodels() -> None:
    series = [math.log(value + 100) for value in walk(11, 300)]
    result = ARIMA(series[:250], order=(1, 1, 1), trend="t").fit()
    drift, ar, ma, variance = result.params
    ours = Arima(ArimaModel((ar,), 1, (ma,), drift * (1 - ar), math.sqrt(variance)))
    for value in series:
        ours.update(value)
    expected = result.append(series[250:]).get_forecast(5)
    assert [mean for mean, _ in ours.forecast(5)] == pytest.approx(list(expected.predicted_mean), rel=1e-7)
    assert [deviation for _, deviation in ours.forecast(5)] == pytest.approx(list(expected.se_mean), rel=1e-7)


@pytest.mark.parametrize("d", [0, 1, 2])
def test_a_filter_restored_anywhere_goes_on_bit_for_bit(d: int) -> None:
    model = ArimaModel((0.5, 0.1), d, (0.3,), 0.1, 2.0)
    whole, cut = Arima(model), Arima(model)
    for t, value in enumerate(walk(5)):
        for each in (whole, cut):
            if t % 17 == 16:
                each.skip()
            else:
                each.update(value)
        cut = Arima.restored(json.loads(json.dumps(cut.state())))
        if whole.started:
            assert cut.forecast(5) == whole.forecast(5)


def test_a_random_walk_stays_and_its_deviation_grows_with_the_root_of_the_steps() -> None:
    walker = Arima(ArimaModel(d=1, sigma=2.0))
    walker.update(100.0)
    assert [mean for mean, _ in walker.forecast(3)] == [100.0] * 3
    assert [deviation for _, deviation in walker.forecast(3)] == pytest.approx(
        [2.0, math.sqrt(8), math.sqrt(12)]
    )


def test_an_autoregression_starts_from_its_stationary_distribution() -> None:
    fresh = Arima(ArimaModel((0.5,), constant=10.0, sigma=3.0))
    mean, deviation = fresh.forecast(1)[0]
    assert mean == pytest.approx(20.0)
    assert deviation == pytest.approx(3.0 / math.sqrt(0.75))


def test_missing_bars_widen_a_random_walk_as_steps_do() -> None:
    walker = Arima(ArimaModel(d=1))
    walker.update(100.0)
    expected = walker.forecast(4)[3]
    for _ in range(3):
        walker.skip()
    assert walker.forecast(1)[0] == pytest.approx(expected)
    walker.update(105.0)
    assert walker.forecast(1)[0] == pytest.approx((105.0, 1.0))


def test_a_constant_series_is_forecast_as_the_constant() -> None:
    still = Arima(ArimaModel((0.6,), 1, (0.3,), sigma=0.0))
    for _ in range(50):
        still.update(100.0)
    assert [tuple(each) for each in still.forecast(3)] == [pytest.approx((100.0, 0.0))] * 3


def test_a_missing_value_before_the_start_starts_again() -> None:
    model = ArimaModel((0.5,), 2, (0.2,))
    late, plain = Arima(model), Arima(model)
    late.update(1.0)
    late.skip()
    for value in (5.0, 6.0, 8.0):
        late.update(value)
        plain.update(value)
    assert late.forecast(3) == plain.forecast(3)


def test_a_forecast_before_the_start_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 2 values"):
        Arima(ArimaModel(d=2)).forecast(1)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_refused_and_changes_nothing(value: float) -> None:
    arima = Arima(ArimaModel((0.5,), 1))
    arima.update(5.0)
    before = arima.forecast(3)
    with pytest.raises(ValueError, match="finite"):
        arima.update(value)
    assert arima.forecast(3) == before


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"ar": (1.0,)}, "not stationary"),
        ({"ar": (0.5, 0.6)}, "not stationary"),
        ({"ar": (math.nan,)}, "finite"),
        ({"sigma": -1.0}, "negative"),
        ({"d": 3}, "0 to 2"),
    ],
)
def test_parameters_that_are_no_model_are_refused(
    parameters: dict[str, tuple[float, ...]], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        ArimaModel(**parameters)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "model",
    [
        ArimaModel((3.637978807091713e-12, 0.999999999996362), 1),
        ArimaModel((1.9713047843843423, 0.028513291526001794, -1.9713098282937356, 0.9714816645638125)),
    ],
    ids=["divides by zero", "loops without end"],
)
def test_a_model_next_to_a_unit_root_is_refused(model: ArimaModel) -> None:
    with pytest.raises(ValueError, match="too close to a unit root"):
        Arima(model)
