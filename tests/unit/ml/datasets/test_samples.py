"""Samples: the features at a close, identical to the live ones, and the target."""

from collections import deque
from math import exp, log, sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.datasets.history_files import histories_from_files
from ml.datasets.samples import TrainingHistory, samples
from ml.models.features import RETURNS, Features, FeatureSettings, Observation, features, split
from tests.inputs.histories import DAY, histories, walk

SETTINGS = FeatureSettings()


def live(history: TrainingHistory) -> dict[int, Features]:
    """The features of each bar as calculated live, from bars and splits one after the other."""
    given: list[tuple[int, int, Observation | float]] = [(time, 1, ratio) for time, ratio in history.splits]
    given += [(end, 0, bar) for end, bar in zip(history.made_at, history.observations, strict=True)]
    window: deque[Observation] = deque(maxlen=RETURNS + 1)
    found = {}
    for time, _, item in sorted(given, key=lambda each: each[:2]):
        if isinstance(item, Observation):
            window.append(item)
            made = features(window, SETTINGS)
            if made is not None:
                found[time] = made
        else:
            for place, each in enumerate(window):
                window[place] = split(each, item)
    return found


def require_the_same_bits(history: TrainingHistory, horizon: int) -> int:
    """Compare all rows of a history with what was known live; how many there are."""
    found, known = samples([history], SETTINGS, horizon), live(history)
    due = dict(zip(history.made_at, history.made_at[horizon:], strict=False))
    assert found.made_at.tolist() == [end for end in known if end in due]
    assert found.due_at.tolist() == [due[end] for end in found.made_at.tolist()]
    for row, end in enumerate(found.made_at.tolist()):
        assert tuple(found.values[row].tolist()) == known[end].values
        assert tuple(found.returns[row].tolist()) == known[end].returns
        assert float(found.sigma[row]) == known[end].sigma
    return len(found.made_at)


@given(histories(), st.sampled_from([1, 1, 3, RETURNS]))
def test_training_sees_the_bits_that_were_seen_live(history: TrainingHistory, horizon: int) -> None:
    require_the_same_bits(history, horizon)


@pytest.mark.real_data
@pytest.mark.parametrize("horizon", [1, 5])
def test_training_sees_the_bits_of_a_real_market_with_splits(real_data: Path, horizon: int) -> None:
    (history,) = histories_from_files([real_data / "market_lean/lean/Data/equity/usa/daily/aapl.zip"])
    assert [ratio for _, ratio in history.splits] == [2.0, 2.0, 7.0, 4.0]
    assert require_the_same_bits(history, horizon) == len(history.made_at) - RETURNS - horizon


@pytest.mark.real_data
def test_real_split_is_no_move_of_the_price(real_data: Path) -> None:
    (history,) = histories_from_files([real_data / "market_lean/lean/Data/equity/usa/daily/aapl.zip"])
    found = samples([history], SETTINGS, 1)
    row = np.searchsorted(found.due_at, history.splits[2][0])
    assert found.close[row : row + 2].tolist() == [645.57, 93.7]
    assert found.target[row] * found.sigma[row] == pytest.approx(log(93.7 * 7.0 / 645.57))


def test_close_and_target_give_the_later_close_in_shares_of_that_time() -> None:
    history = walk("A", 80, 1)
    moment = DAY * 75
    known = history.observations
    paid = [*(split(bar, 0.5) for bar in known[:75]), *known[75:]]
    found = samples([history._replace(observations=paid, splits=[(moment, 2.0)])], SETTINGS, 3)
    steps = zip(found.made_at, found.close, found.target, found.sigma, strict=True)
    for made_at, close, target, sigma in steps:
        later = known[made_at // DAY + 2].close * (2.0 if made_at <= moment else 1.0)
        assert close * exp(target * sigma * sqrt(3)) == pytest.approx(later)
    assert len(found.close) == 80 - RETURNS - 3


def test_split_holds_from_the_first_bar_that_ends_after_it() -> None:
    history = walk("A", 70, 2)
    whole = samples([history], SETTINGS, 1).target
    for moment in (DAY * 67, DAY * 67 + 1, DAY * 68 - 1):
        paid = [*(split(bar, 0.5) for bar in history.observations[:67]), *history.observations[67:]]
        found = samples([history._replace(observations=paid, splits=[(moment, 2.0)])], SETTINGS, 1)
        assert found.target == pytest.approx(whole)


def test_rows_are_in_order_of_time_then_symbol() -> None:
    found = samples([walk("B", 70, 1), walk("A", 70, 2)], SETTINGS, 1)
    assert found.symbol.tolist() == ["A", "B"] * 5
    assert found.made_at.tolist() == sorted(found.made_at.tolist())
    assert found.select(found.symbol == "B").close.tolist() == [
        bar.close for bar in walk("B", 70, 1).observations[RETURNS:-1]
    ]
    assert found.select(np.array([3, 1])).made_at.tolist() == [DAY * 66, DAY * 65]


def test_history_that_is_too_short_or_constant_has_no_samples() -> None:
    still = TrainingHistory("C", list(range(1, 101)), [Observation(1.0, 1.0, 1.0, 0.0)] * 100, [])
    found = samples([walk("A", RETURNS + 1, 1), still], SETTINGS, 1)
    assert found.values.shape == (0, 14)
    assert found.returns.shape == (0, RETURNS)
    assert len(found.target) == len(samples([], SETTINGS, 1).target) == 0


@pytest.mark.parametrize("horizon", [0, RETURNS + 1])
def test_horizon_beyond_the_window_is_refused(horizon: int) -> None:
    with pytest.raises(ValueError, match="1 to 64 bars"):
        samples([], SETTINGS, horizon)


def test_bars_out_of_order_are_refused() -> None:
    history = walk("A", 10, 1)
    with pytest.raises(ValueError, match="order of time"):
        samples([history._replace(made_at=[*history.made_at[:-1], 5])], SETTINGS, 1)
