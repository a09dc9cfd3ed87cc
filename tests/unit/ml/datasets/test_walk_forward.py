"""Test rows are later than training rows, and no training target is in the test."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.datasets.walk_forward import Times, TrainTestSplit, folds, holdout

moments = st.lists(st.integers(0, 60), min_size=1, max_size=80).map(sorted)
shares = st.floats(0.05, 0.95)


def times(moments: list[int], horizon: int) -> tuple[Times, Times]:
    made_at = np.array(moments, dtype=np.int64)
    return made_at, made_at + horizon


@given(moments=moments, horizon=st.integers(1, 20), blocks=st.integers(1, 8), share=shares)
def test_no_target_trained_on_reaches_into_its_test_block(
    moments: list[int], horizon: int, blocks: int, share: float
) -> None:
    made_at, due_at = times(moments, horizon)
    for fold in folds(made_at, due_at, blocks, share):
        assert np.all(due_at[fold.train] <= made_at[fold.test].min())


@given(moments=moments, horizon=st.integers(1, 20), blocks=st.integers(1, 8), share=shares)
def test_every_allowed_row_is_trained_on(moments: list[int], horizon: int, blocks: int, share: float) -> None:
    made_at, due_at = times(moments, horizon)
    for fold in folds(made_at, due_at, blocks, share):
        kept = set(fold.train.tolist())
        assert all((row in kept) == (due_at[row] <= made_at[fold.test[0]]) for row in range(len(made_at)))


@given(moments=moments, horizon=st.integers(1, 20), blocks=st.integers(1, 8), share=shares)
def test_blocks_follow_one_another_and_hold_all_rows_after_the_first_share(
    moments: list[int], horizon: int, blocks: int, share: float
) -> None:
    made_at, due_at = times(moments, horizon)
    tested = np.concatenate([fold.test for fold in folds(made_at, due_at, blocks, share)])
    assert tested.tolist() == list(range(tested[0], len(made_at)))
    assert tested[0] <= int(len(made_at) * share)


@given(moments=moments, horizon=st.integers(1, 20), blocks=st.integers(1, 8), share=shares)
def test_rows_of_one_moment_are_never_separated(
    moments: list[int], horizon: int, blocks: int, share: float
) -> None:
    made_at, due_at = times(moments, horizon)
    found = list(folds(made_at, due_at, blocks, share))
    assert len(found) <= blocks
    tested = [set(made_at[fold.test].tolist()) for fold in found]
    trained_on = [set(made_at[fold.train].tolist()) for fold in found]
    assert sum(map(len, tested)) == len(set.union(*tested))
    assert not any(mine & theirs for mine, theirs in zip(tested, trained_on, strict=True))


@given(moments=moments, horizon=st.integers(1, 20), share=shares)
def test_holdout_is_the_newest_share(moments: list[int], horizon: int, share: float) -> None:
    made_at, due_at = times(moments, horizon)
    fold = holdout(made_at, due_at, share)
    assert fold.test[-1] == len(made_at) - 1
    assert len(fold.test) >= int(len(made_at) * share)


def test_shuffled_split_leaks_what_the_purged_one_does_not() -> None:
    """Targets of chance alone that overlap: the nearest row trained on predicts them only if it shares their bars."""
    horizon, count = 20, 2_000
    shocks = np.random.default_rng(7).normal(size=count + horizon)
    target = np.convolve(shocks, np.ones(horizon), "valid")[1 : count + 1]
    made_at = np.arange(count, dtype=np.int64)
    shuffled = np.random.default_rng(7).permutation(count)
    leaking = TrainTestSplit(np.sort(shuffled[: count // 2]), np.sort(shuffled[count // 2 :]))
    purged = holdout(made_at, made_at + horizon, 0.5)

    def skill(fold: TrainTestSplit) -> float:
        nearest = np.abs(fold.test[:, None] - fold.train[None, :]).argmin(axis=1)
        errors = target[fold.test] - target[fold.train[nearest]]
        return 1.0 - float(np.mean(errors**2) / np.mean(target[fold.test] ** 2))

    assert skill(leaking) > 0.8
    assert skill(purged) < 0.0


@pytest.mark.parametrize(("blocks", "share"), [(0, 0.5), (1, 0.0), (1, 1.0)])
def test_arguments_out_of_range_are_refused(blocks: int, share: float) -> None:
    made_at, due_at = times([1, 2, 3], 1)
    with pytest.raises(ValueError, match="blocks must be at least 1"):
        next(folds(made_at, due_at, blocks, share))


def test_rows_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="ordered"):
        next(folds(np.array([2, 1]), np.array([3, 3]), 1))


def test_nothing_can_be_held_out_of_nothing() -> None:
    made_at, due_at = times([], 1)
    assert list(folds(made_at, due_at, 3)) == []
    with pytest.raises(ValueError, match="no row"):
        holdout(made_at, due_at, 0.2)
