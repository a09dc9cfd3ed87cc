"""Features: calculated by hand, always bounded, the same live and in training."""

import subprocess
import sys
from collections import deque
from itertools import pairwise
from math import exp, inf, isfinite, log, nan, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.models.features import (
    RETURN_LIMIT,
    RETURNS,
    Features,
    FeatureSettings,
    Observation,
    features,
    names,
    split,
    target,
)
from tests.inputs.histories import walk

SETTINGS = FeatureSettings()
BOUNDS = {
    "restlessness": (0.0, 5.0),
    "volume": (-4.0, 4.0),
    "range": (0.0, 10.0),
    "place": (-0.5, 0.5),
    "distance": (-10.0, 10.0),
    "gain_share": (-0.5, 0.5),
}

prices = st.floats(1e-300, 1e300) | st.sampled_from([5e-324, 1e-5, 100.0, 100.01, 70_000.0, 1.7e308])
volumes = st.sampled_from([0.0, 5e-324, 1.7e308, inf]) | st.floats(0.0, 1e308)


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    low, close, high = sorted(draw(st.tuples(prices, prices, prices)))
    return Observation(close, high, low, draw(volumes))


def of(window: list[Observation], settings: FeatureSettings = SETTINGS) -> Features:
    found = features(window, settings)
    assert found is not None
    return found


def named(window: list[Observation], settings: FeatureSettings = SETTINGS) -> dict[str, float]:
    return dict(zip(names(settings), of(window, settings).values, strict=True))


def flat(price: float, bars: int = RETURNS + 1) -> list[Observation]:
    return [Observation(price, price, price, 5.0)] * bars


def zigzag(step: float, start: float = 100.0) -> list[Observation]:
    """Closes that rise by `step`, a log return, and fall by it again, up at last."""
    closes = (start * exp(step * (number % 2)) for number in range(RETURNS))
    return [Observation(close, close, close, 5.0) for close in (start * exp(step), *closes)]


def test_each_feature_has_its_documented_value() -> None:
    window = walk("A", RETURNS + 1, 3).observations
    found, (_, returns, sigma) = named(window), of(window)
    closes = [each.close for each in window]
    moves = [log(after / before) for before, after in pairwise(closes)]
    kept = sorted(map(abs, moves))
    kept[-3:] = [kept[-4]] * 3
    assert sigma == pytest.approx(sqrt(sum(each**2 for each in kept) / RETURNS))
    assert returns == pytest.approx([each / sigma for each in moves])
    assert [found[f"return_{back}"] for back in (1, 2, 5)] == [returns[-1], returns[-2], returns[-5]]
    assert found["momentum_10"] == pytest.approx(log(closes[-1] / closes[-11]) / sigma / sqrt(10))
    assert found["momentum_60"] == pytest.approx(log(closes[-1] / closes[-61]) / sigma / sqrt(60))
    assert found["restlessness"] == pytest.approx(sqrt(sum(each**2 for each in returns[-5:]) / 5))
    volume = [each.volume for each in window[-20:]]
    expected = log(volume[-1] / (sum(volume) / 20)) if volume[-1] else 0.0
    assert found["volume"] == pytest.approx(expected)
    last = window[-1]
    assert found["range"] == pytest.approx(log(last.high / last.low) / sigma)
    assert found["place"] == pytest.approx((last.close - last.low) / (last.high - last.low) - 0.5)
    mean = sum(map(log, closes[-20:])) / 20
    assert found["distance"] == pytest.approx((log(closes[-1]) - mean) / sigma)
    gains = sum(each for each in returns[-14:] if each > 0)
    losses = -sum(each for each in returns[-14:] if each < 0)
    assert found["gain_share"] == pytest.approx(gains / (gains + losses) - 0.5)


def test_number_of_lagged_returns_is_set() -> None:
    window = walk("A", RETURNS + 1, 4).observations
    few, many = FeatureSettings(1), FeatureSettings(RETURNS)
    assert len(of(window, few).values) == len(names(few)) == 10
    assert named(window, many)["return_64"] == of(window).returns[0]
    for size in (0, RETURNS + 1):
        with pytest.raises(ValueError, match="1 to 64"):
            FeatureSettings(size)


@pytest.mark.parametrize("price", [1e-5, 0.37, 100.0, 70_000.0])
def test_unmoved_price_has_no_features(price: float) -> None:
    assert features(flat(price), SETTINGS) is None


def test_price_that_only_a_split_moved_has_no_features() -> None:
    before = [split(each, 7.0) for each in flat(645.57)]
    after = Observation(645.57 / 7.0 * (1 + 2e-16), 93.0, 92.0, 1.0)
    assert features([*before, after, *before[:5]], SETTINGS) is None


def test_fewer_bars_than_a_window_have_no_features() -> None:
    window = walk("A", RETURNS + 1, 5).observations
    assert features(window[1:], SETTINGS) is None
    assert features([], SETTINGS) is None


def test_only_the_newest_window_counts() -> None:
    long = walk("A", 3 * RETURNS, 6).observations
    assert features(long, SETTINGS) == features(long[-RETURNS - 1 :], SETTINGS)
    assert features(deque(long, maxlen=RETURNS + 1), SETTINGS) == features(long, SETTINGS)


@pytest.mark.parametrize("start", [1e-5, 100.0, 70_000.0])
def test_level_of_the_price_does_not_count(start: float) -> None:
    assert of(zigzag(0.01, start)).values == pytest.approx(of(zigzag(0.01)).values, abs=1e-9)


def test_tenfold_jump_neither_explodes_nor_makes_all_else_look_calm() -> None:
    calm = walk("A", RETURNS + 1, 7).observations
    jumped = [*calm[:-10], *(split(each, 0.1) for each in calm[-10:])]
    found = of(jumped)
    assert found.sigma == pytest.approx(of(calm).sigma, rel=0.1)
    assert max(found.returns) == RETURN_LIMIT
    assert named(jumped)["momentum_10"] == RETURN_LIMIT


def test_unknown_volume_gives_a_feature_of_zero() -> None:
    window = walk("A", RETURNS + 1, 8).observations
    assert named([*window[:-1], window[-1]._replace(volume=0.0)])["volume"] == 0.0
    assert named([each._replace(volume=0.0) for each in window])["volume"] == 0.0


def test_bar_of_a_single_price_lies_in_the_middle_of_no_range() -> None:
    found = named(zigzag(0.01))
    assert (found["range"], found["place"]) == (0.0, 0.0)


def test_invalid_price_has_no_features() -> None:
    window = walk("A", RETURNS + 1, 9).observations
    for wrong in (0.0, -1.0, inf, nan):
        for bar in (0, 30, RETURNS):
            spoilt = [*window[:bar], window[bar]._replace(close=wrong), *window[bar + 1 :]]
            assert features(spoilt, SETTINGS) is None
        assert features([*window[:-1], window[-1]._replace(low=wrong)], SETTINGS) is None


@given(st.lists(observations(), min_size=1, max_size=12), st.integers(1, RETURNS))
def test_features_are_finite_and_bounded_whatever_the_prices(drawn: list[Observation], size: int) -> None:
    settings = FeatureSettings(size)
    window = (drawn * RETURNS)[: RETURNS + 1]
    found = features(window, settings)
    if found is None:
        return
    assert isfinite(found.sigma)
    assert found.sigma > 0.0
    assert all(abs(each) <= RETURN_LIMIT for each in found.returns)
    for name, value in zip(names(settings), found.values, strict=True):
        low, high = BOUNDS.get(name, (-RETURN_LIMIT, RETURN_LIMIT))
        assert low <= value <= high, name


@given(st.integers(0, 10_000), st.sampled_from([7.0, 2.0, 1.5, 0.05]))
def test_split_changes_no_feature_but_for_rounding(seed: int, ratio: float) -> None:
    window = walk("A", RETURNS + 1, seed).observations
    assert of([split(each, ratio) for each in window]).values == pytest.approx(of(window).values, abs=1e-9)


def test_target_gives_the_later_price_back() -> None:
    made = target(100.0, 103.0, 0.01, 4)
    assert made == pytest.approx(log(1.03) / 0.02)
    assert 100.0 * exp(made * 0.01 * sqrt(4)) == pytest.approx(103.0)


def test_forecasting_imports_nothing_that_trains() -> None:
    heavy = "numpy", "sklearn", "xgboost", "statsmodels", "joblib", "torch"
    imports = "import sys, ml.models.features, ml.models.predictors"
    script = f"{imports}; print([name for name in {heavy} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
