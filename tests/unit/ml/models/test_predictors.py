"""Models in the form used live: the predictions of their numbers, and invalid numbers are refused."""

import json
from copy import deepcopy
from math import inf, nan, sqrt
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.models.decision_tree import LEAF, Tree
from ml.models.features import RETURNS, Features
from ml.models.predictors import Linear, Predictor, Smoothing, predictor
from ml.models.recurrent import Recurrent
from ml.models.trees import Trees

STUMP = Tree([1, LEAF, LEAF], [0.5, 0.0, 0.0], [1, 0, 0], [2, 0, 0], [0.0, -0.25, 0.25])
DEEPER = Tree(
    [0, 1, LEAF, LEAF, LEAF],
    [0.0, -1.0, 0.0, 0.0, 0.0],
    [1, 3, 0, 0, 0],
    [2, 4, 0, 0, 0],
    [0.0, 0.0, 1.0, 2.0, 0.5],
)
NETWORK = Recurrent(3, tuple((0.1 * row, 0.2, -0.3, 0.05) for row in range(8)), (0.7, -0.4), 0.01)
MODELS: list[Predictor] = [
    Linear(0.1, (0.5, -0.25)),
    Trees(2, 0.1, (STUMP, DEEPER)),
    Smoothing(0.2, 1.0),
    NETWORK,
]
WRONG: list[Any] = [None, "1", [], [[]], {}, nan, inf, 1e300, True, [nan], [None], ["1"], [{}], -(10**30)]


def seen(*values: float, returns: tuple[float, ...] = (0.0,) * RETURNS) -> Features:
    return Features(values, returns, 0.01)


def drawn_returns(seed: int) -> tuple[float, ...]:
    draw = Random(seed)
    return tuple(draw.gauss(0.0, 1.0) for _ in range(RETURNS))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.form)
def test_model_restored_from_its_numbers_predicts_the_same_bits(model: Predictor) -> None:
    again = predictor(json.loads(json.dumps(model.numbers())))
    assert again == model
    for seed in range(20):
        features = seen(*Random(seed).choices([-1.0, 0.0, 0.3, 0.5, 2.0], k=2), returns=drawn_returns(seed))
        assert again.predict(features) == model.predict(features)


def test_linear_model_weighs_its_features() -> None:
    assert Linear(0.1, (0.5, -0.25)).predict(seen(2.0, 4.0)) == pytest.approx(0.1)


def test_tree_goes_left_up_to_its_threshold_in_32_bits() -> None:
    model = Trees(2, 0.0, (STUMP,))
    assert model.predict(seen(0.0, 0.5)) == model.predict(seen(0.0, 0.5 + 1e-9)) == -0.25
    assert model.predict(seen(0.0, 0.5 + 1e-7)) == 0.25


def test_leaves_of_all_trees_are_summed() -> None:
    assert Trees(2, 0.1, (STUMP, DEEPER)).predict(seen(1.0, 0.0)) == pytest.approx(0.1 - 0.25 + 1.0)
    assert Trees(2, 0.1, (STUMP, DEEPER)).predict(seen(-1.0, -2.0)) == pytest.approx(0.1 - 0.25 + 2.0)


def grown(draw: Random, depth: int) -> Tree:
    """A tree of at most this depth; its thresholds are few, so that many are equal or hit exactly."""
    tree = Tree([], [], [], [], [])
    columns: list[list[Any]] = list(tree)

    def grow(left_over: int) -> int:
        node = len(tree.feature)
        is_leaf = left_over == 0 or draw.random() < 0.1
        entry = (LEAF, 0.0, 0, 0, draw.uniform(-0.1, 0.1))
        split = (draw.randrange(3), draw.choice([-0.5, -0.0, 0.0, 0.25, 1.0]), 0, 0, 0.0)
        for column, value in zip(columns, entry if is_leaf else split, strict=True):
            column.append(value)
        if not is_leaf:
            tree.left[node], tree.right[node] = grow(left_over - 1), grow(left_over - 1)
        return node

    grow(depth)
    return tree


def leaf_of(tree: Tree, row: tuple[float, ...]) -> float:
    node = 0
    while tree.feature[node] != LEAF:
        goes_left = row[tree.feature[node]] <= tree.threshold[node]
        node = tree.left[node] if goes_left else tree.right[node]
    return tree.value[node]


@pytest.mark.parametrize("depth", [0, 1, 3, 5, 6, 8])
def test_sum_of_leaves_is_that_of_one_traversal_after_the_other_to_the_bit(depth: int) -> None:
    draw = Random(depth)
    trees = tuple(grown(draw, depth) for _ in range(40))
    model = Trees(3, 0.1, trees)
    for _ in range(200):
        row = tuple(draw.choice([-9.0, -0.5, 0.0, 0.125, 0.25, 1.0, 9.0]) for _ in range(3))
        total = 0.1
        for tree in trees:
            total += leaf_of(tree, row)
        assert model.predict(seen(*row)) == total


def test_smoothing_follows_the_returns_from_a_level_of_nothing() -> None:
    returns = drawn_returns(1)
    level = sum(0.2 * 0.8**back * each for back, each in enumerate(reversed(returns)))
    assert Smoothing(0.2, 2.0).predict(seen(returns=returns)) == pytest.approx(2.0 * level)
    assert Smoothing(0.0, 1.0).predict(seen(returns=returns)) == 0.0
    assert Smoothing(1.0, 1.0).predict(seen(returns=returns)) == returns[-1]


def test_recurrent_network_is_the_one_of_the_textbook() -> None:
    draw = np.random.default_rng(5)
    steps, cells = 20, 8
    weights, inner = draw.normal(size=4 * cells), draw.normal(size=(4 * cells, cells)) / sqrt(cells)
    biases, head = draw.normal(size=4 * cells), draw.normal(size=cells) / 10
    returns = drawn_returns(2)
    output, memory = np.zeros(cells), np.zeros(cells)
    for each in returns[-steps:]:
        enter, forget, candidate, leave = np.split(weights * each + inner @ output + biases, 4)
        memory = memory / (1 + np.exp(-forget)) + np.tanh(candidate) / (1 + np.exp(-enter))
        output = np.tanh(memory) / (1 + np.exp(-leave))
    rows = np.column_stack([weights, inner, biases])
    model = Recurrent(steps, tuple(map(tuple, rows.tolist())), tuple(head.tolist()), 0.02)
    assert model.predict(seen(returns=returns)) == pytest.approx(0.02 + head @ output, abs=1e-12)


@given(st.floats(-9e11, 9e11), st.floats(-10.0, 10.0))
def test_no_prediction_is_beyond_three_sigmas(large: float, value: float) -> None:
    rows = tuple((large, large, large) for _ in range(4))
    leaf = Tree([LEAF], [0.0], [0], [0], [large])
    features = seen(value, returns=(value,) * RETURNS)
    for model in (
        Linear(large, (large,)),
        Trees(1, large, (leaf, leaf)),
        Smoothing(1.0, abs(large) + 1.0),
        Recurrent(RETURNS, rows, (large,), large),
    ):
        assert -3.0 <= predictor(model.numbers()).predict(features) <= 3.0


@pytest.mark.parametrize("model", MODELS[:2], ids=lambda model: model.form)
def test_other_features_than_it_was_trained_on_are_refused(model: Predictor) -> None:
    with pytest.raises(ValueError, match="3 features, but the model has 2"):
        model.predict(seen(1.0, 2.0, 3.0))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.form)
def test_model_with_an_entry_missing_or_wrong_is_refused(model: Predictor) -> None:
    numbers = model.numbers()
    for name in set(numbers) - {"form"}:
        for wrong in WRONG:
            with pytest.raises(ValueError, match=r"\w"):
                predictor({**numbers, name: wrong})
        with pytest.raises(ValueError, match=r"\w"):
            predictor({key: value for key, value in numbers.items() if key != name})


@pytest.mark.parametrize(
    "wrong", [{}, {"form": None}, {"form": ["trees"]}, {"form": "pickle"}, [], None, "linear", 3]
)
def test_invalid_model_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="a model is one of linear, trees, smoothing, recurrent"):
        predictor(wrong)


@pytest.mark.parametrize(
    ("entry", "values"),
    [
        ("feature", [2, LEAF, LEAF]),
        ("feature", [-2, LEAF, LEAF]),
        ("feature", [1.0, LEAF, LEAF]),
        ("feature", [1, LEAF]),
        ("threshold", [nan, 0.0, 0.0]),
        ("threshold", [0.5, 0.0]),
        ("left", [0, 0, 0]),
        ("left", [3, 0, 0]),
        ("left", [-1, 0, 0]),
        ("right", [1.5, 0, 0]),
        ("right", [True, 0, 0]),
        ("right", [0, 0, 0]),
        ("value", [0.0, inf, 0.25]),
        ("value", []),
    ],
)
def test_tree_whose_traversal_could_be_endless_or_leave_it_is_refused(entry: str, values: list[Any]) -> None:
    numbers = deepcopy(Trees(2, 0.0, (STUMP,)).numbers())
    numbers["trees"][0][entry] = values
    with pytest.raises(ValueError, match=r"\w"):
        predictor(numbers)


def test_network_of_other_shapes_than_its_cells_ask_for_is_refused() -> None:
    numbers = NETWORK.numbers()
    for changed in (
        {"steps": 0},
        {"steps": RETURNS + 1},
        {"rows": numbers["rows"][:-1]},
        {"rows": [*numbers["rows"][:-1], [0.1, 0.2]]},
        {"head": [0.1]},
    ):
        with pytest.raises(ValueError, match=r"\w"):
            predictor({**numbers, **changed})
