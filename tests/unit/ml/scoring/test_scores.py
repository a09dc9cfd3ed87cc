"""Scores of forecasts, compared with numpy over the full lists that a record does not store."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.scoring.scores import BLOCK, BLOCKS, Score, ScoreSummary, TrackRecord, penalties_of, score
from ml.uncertainty.conformal import Forecast, bounds

LEVELS = (0.5, 0.95)
WIDTHS = (0.67, 1.96)
prices = st.floats(min_value=1e-3, max_value=1e5)
forecasts = st.lists(st.tuples(prices, prices, prices), max_size=30)
"""Price when it was made, price forecast, price that came."""


def scored(origin: float, mean: float, actual: float, sigma: float = 0.02) -> Score:
    return score(Forecast(1, origin, mean, sigma, WIDTHS), actual, penalties_of(LEVELS))


def kept(scores: list[Score]) -> TrackRecord:
    record = TrackRecord(len(LEVELS))
    for each in scores:
        record.add(each)
    return record


def drawn(count: int) -> list[Score]:
    moves = np.random.default_rng(5).normal(0.0, 0.02, (count, 2))
    return [
        scored(100.0, 100.0 * math.exp(forecast / 4), 100.0 * math.exp(came))
        for forecast, came in moves.tolist()
    ]


def plain_summary(scores: list[Score]) -> list[float]:
    """The same means over the whole list."""
    error = np.array([each.error for each in scores])
    naive = np.sqrt(np.array([each.naive_loss for each in scores]))
    return [
        len(scores),
        error.mean(),
        np.abs(error).mean(),
        np.sqrt((error**2).mean()),
        np.abs(error).sum() / np.abs(naive).sum(),
        1 - (error**2).sum() / (naive**2).sum(),
        sum(each.hit is not None for each in scores),
        np.mean([each.hit for each in scores if each.hit is not None]),
        *np.mean([each.covered for each in scores], axis=0),
        *np.mean([each.winkler for each in scores], axis=0),
    ]


def flat(summary: ScoreSummary | None) -> list[float | None]:
    assert summary is not None
    return [*summary[:-2], *summary.covered, *summary.winkler]


@pytest.mark.parametrize("count", [1, 19, 20, 21, 199, 200, 201, 219, 220, 221, 555])
def test_lifetime_is_over_all_scores_and_rolling_over_the_newest_blocks(count: int) -> None:
    scores = drawn(count)
    record = kept(scores)
    newest = count if count <= BLOCK * BLOCKS else BLOCK * (BLOCKS - 1) + ((count - 1) % BLOCK + 1)
    assert flat(record.lifetime()) == pytest.approx(plain_summary(scores))
    assert flat(record.rolling()) == pytest.approx(plain_summary(scores[-newest:]))


@given(before=forecasts, after=forecasts)
def test_a_restored_record_goes_on_bit_for_bit(
    before: list[tuple[float, float, float]], after: list[tuple[float, float, float]]
) -> None:
    unbroken, restored = kept([scored(*each) for each in before]), TrackRecord(len(LEVELS))
    restored.restore(json.loads(json.dumps(unbroken.state())))
    for each in after:
        unbroken.add(scored(*each))
        restored.add(scored(*each))
    assert restored.state() == unbroken.state()
    assert (restored.rolling(), restored.lifetime()) == (unbroken.rolling(), unbroken.lifetime())


def test_state_stays_bounded_however_many_scores() -> None:
    assert len(kept(drawn(3_000)).state()) == 1 + BLOCKS


def test_a_kept_state_does_not_change_with_the_record() -> None:
    record = kept(drawn(5))
    state = record.state()
    copy = json.dumps(state)
    record.add(drawn(1)[0])
    assert json.dumps(state) == copy


def test_no_scores_have_no_summary() -> None:
    assert TrackRecord(2).lifetime() is None
    assert TrackRecord(2).rolling() is None


@given(origin=prices, mean=prices, actual=prices)
def test_a_close_is_covered_where_it_lies_between_the_bounds(
    origin: float, mean: float, actual: float
) -> None:
    found = scored(origin, mean, actual)
    for covered, width in zip(found.covered, WIDTHS, strict=True):
        low, high = bounds(mean, 0.02, width)
        on_the_edge = min(abs(actual / low - 1), abs(actual / high - 1)) < 1e-9
        assert on_the_edge or covered == (low <= actual <= high)


def test_interval_score_is_the_width_and_a_penalty_outside() -> None:
    inside, outside = scored(100.0, 100.0, 100.5), scored(100.0, 100.0, 100.0 * math.exp(0.05))
    assert inside.winkler == pytest.approx((0.0268, 0.0784))
    assert outside.winkler == pytest.approx(
        (0.0268 + (0.05 - 0.0134) / 0.25, 0.0784 + (0.05 - 0.0392) / 0.025)
    )
    assert (inside.covered, outside.covered) == ((True, True), (False, False))


def test_errors_do_not_change_where_all_prices_are_split() -> None:
    old, new = scored(100.0, 104.0, 108.0), scored(25.0, 26.0, 27.0)
    assert new == old


@pytest.mark.parametrize(
    ("mean", "actual", "hit"),
    [
        (101.0, 102.0, True),
        (99.0, 102.0, False),
        (99.0, 98.0, True),
        (100.0, 102.0, None),
        (101.0, 100.0, None),
    ],
)
def test_direction_counts_only_where_forecast_and_price_moved(
    mean: float, actual: float, hit: bool | None
) -> None:
    assert scored(100.0, mean, actual).hit is hit


def test_no_change_is_as_good_as_itself() -> None:
    found = kept([scored(100.0, 100.0, actual) for actual in (99.0, 101.0, 103.0)]).lifetime()
    assert found is not None
    assert (found.scaled, found.skill, found.moves, found.hit_rate) == (1.0, 0.0, 0, None)


def test_a_price_that_never_moved_gives_nothing_to_compare_with() -> None:
    found = kept([scored(100.0, 100.0, 100.0)] * 3).lifetime()
    assert found is not None
    assert (found.mean_absolute, found.scaled, found.skill, found.hit_rate) == (0.0, None, None, None)
    assert found.covered == (1.0, 1.0)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, 0.0, -1.0])
def test_a_close_that_is_no_price_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="price"):
        scored(100.0, 100.0, wrong)


def test_scores_of_other_levels_are_refused_and_not_counted() -> None:
    record = TrackRecord(3)
    with pytest.raises(ValueError, match="different levels"):
        record.add(drawn(1)[0])
    assert record.lifetime() is None


@pytest.mark.parametrize("state", [[], [[0.0] * 11], [[0.0] * 12] * 12, [[math.nan] * 12]])
def test_a_stored_record_that_does_not_fit_is_refused(state: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="stored record"):
        TrackRecord(len(LEVELS)).restore(state)
