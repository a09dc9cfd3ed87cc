"""Random forests and boosted trees with small steps and large leaves, and their conversion to plain numbers."""

import json
from typing import Any

import numpy as np

from ml.datasets.samples import Samples
from ml.learners.trained import Trained, TrainingSettings, fitted_targets, shares
from ml.models.decision_tree import LEAF, Tree
from ml.models.features import names
from ml.models.trees import Trees

TREES = 100
FOREST_DEPTH, BOOSTED_DEPTH = 5, 3
LEARNING_RATE = 0.03
ROWS_A_TREE = 0.5
"""Fraction of the rows that each boosted tree is grown on, drawn at random."""
FEATURES_A_SPLIT = 1 / 3
MAX_LEAVES = 50
MIN_LEAF_ROWS = 50


def random_forest(samples: Samples, settings: TrainingSettings) -> Trained:
    """The mean of trees that are each grown on a bootstrap sample; Breiman, "Random forests" (Machine Learning 45,
    2001). Importances are the reductions of the squared error by splits on a feature."""
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(
        n_estimators=TREES,
        max_depth=FOREST_DEPTH,
        min_samples_leaf=_min_leaf_rows(samples),
        max_features=FEATURES_A_SPLIT,
        n_jobs=1,
        random_state=settings.random_state,
    )
    forest.fit(samples.values, fitted_targets(samples))
    trees = [_of_scikit_learn(each.tree_, 1 / TREES) for each in forest.estimators_]
    return _trained(forest, 0.0, trees, settings)


def gradient_boosting(samples: Samples, settings: TrainingSettings) -> Trained:
    """Each tree is a small step towards the residuals of the trees before it; Friedman, "Stochastic gradient boosting"
    (Computational Statistics & Data Analysis 38, 2002). Importances as for the forest."""
    from sklearn.ensemble import GradientBoostingRegressor

    boosted = GradientBoostingRegressor(
        n_estimators=TREES,
        max_depth=BOOSTED_DEPTH,
        learning_rate=LEARNING_RATE,
        subsample=ROWS_A_TREE,
        min_samples_leaf=_min_leaf_rows(samples),
        max_features=FEATURES_A_SPLIT,
        random_state=settings.random_state,
    )
    boosted.fit(samples.values, fitted_targets(samples))
    trees = [_of_scikit_learn(each.tree_, LEARNING_RATE) for each in boosted.estimators_[:, 0]]
    return _trained(boosted, float(boosted.init_.constant_.item()), trees, settings)


def xgboost(samples: Samples, settings: TrainingSettings) -> Trained:
    """Gradient boosting with a penalty on the leaves, splits between histogram bins, and features drawn for every
    level; Chen and Guestrin, "XGBoost" (2016). Importances are the mean gains of splits on a feature."""
    from xgboost import XGBRegressor

    smallest = _min_leaf_rows(samples)
    boosted = XGBRegressor(
        tree_method="hist",
        n_estimators=TREES,
        max_depth=BOOSTED_DEPTH,
        learning_rate=LEARNING_RATE,
        subsample=ROWS_A_TREE,
        min_child_weight=smallest,
        reg_lambda=smallest,
        colsample_bylevel=FEATURES_A_SPLIT,
        n_jobs=1,
        random_state=settings.random_state,
    )
    boosted.fit(samples.values, fitted_targets(samples))
    learner = json.loads(boosted.get_booster().save_raw("json"))["learner"]
    trees = [_of_xgboost(each) for each in learner["gradient_booster"]["model"]["trees"]]
    return _trained(boosted, float(boosted.intercept_.item()), trees, settings)


def _min_leaf_rows(samples: Samples) -> int:
    """Rows per leaf: a tree has at most MAX_LEAVES, and each leaf is the mean of enough rows."""
    return max(MIN_LEAF_ROWS, len(samples.target) // MAX_LEAVES)


def _trained(estimator: Any, base: float, trees: list[Tree], settings: TrainingSettings) -> Trained:
    columns = names(settings.features)
    weights = np.asarray(estimator.feature_importances_, dtype=np.float64).tolist()
    return Trained(Trees(len(columns), base, tuple(trees)), estimator, shares(columns, weights))


def _of_scikit_learn(tree: Any, rate: float) -> Tree:
    """The tree with its leaves multiplied by `rate`. Children have higher numbers than their parent."""
    inner = tree.children_left != LEAF
    return Tree(
        np.where(inner, tree.feature, LEAF).tolist(),
        np.where(inner, tree.threshold, 0.0).tolist(),
        np.where(inner, tree.children_left, 0).tolist(),
        np.where(inner, tree.children_right, 0).tolist(),
        np.where(inner, 0.0, tree.value[:, 0, 0] * rate).tolist(),
    )


def _of_xgboost(tree: dict[str, Any]) -> Tree:
    """The split condition of an inner node is its threshold, that of a leaf is its value, including the learning
    rate."""
    left, right = np.array(tree["left_children"]), np.array(tree["right_children"])
    conditions = np.array(tree["split_conditions"], dtype=np.float32)
    inner = left != LEAF
    below = np.nextafter(conditions, np.float32(-np.inf)).astype(np.float64)
    return Tree(
        np.where(inner, np.array(tree["split_indices"]), LEAF).tolist(),
        np.where(inner, below, 0.0).tolist(),
        np.where(inner, left, 0).tolist(),
        np.where(inner, right, 0).tolist(),
        np.where(inner, 0.0, conditions.astype(np.float64)).tolist(),
    )
