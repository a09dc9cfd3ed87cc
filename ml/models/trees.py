"""Decision trees whose leaves are summed: a random forest, or one of the two gradient boostings."""

from array import array
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ml.models.checked_numbers import bounded, finite, finite_list, integer, integer_list
from ml.models.decision_tree import LEAF, Tree
from ml.models.features import Features
from ml.models.leaf_index import LeafIndex

MAX_TREES, MAX_NODES, MAX_FEATURES = 5_000, 10_000, 1_000


@dataclass(frozen=True)
class Trees:
    """base + the sum of one leaf of each tree, over `features` features; the leaves include learning rates and means.

    Features are rounded to 32 bits before they are compared, as scikit-learn and xgboost do, so that values at a
    threshold go the same way as in training. scikit-learn goes left if x <= threshold, as here; xgboost if x <
    threshold, which equals x <= the next smaller 32-bit number.
    """

    form = "trees"
    features: int
    base: float
    trees: tuple[Tree, ...]

    def predict(self, features: Features) -> float:
        """Raises ValueError if the number of features differs from that in training."""
        if len(features.values) != self.features:
            raise ValueError(f"{len(features.values)} features, but the model has {self.features}")
        row = array("f", features.values).tolist()
        index = self._index
        return bounded(self._traversed(row) if index is None else index.sum(self.base, row))

    @cached_property
    def _index(self) -> LeafIndex | None:
        """None if the trees are too large for it."""
        with suppress(ValueError):
            return LeafIndex(self.trees, self.features)
        return None

    def _traversed(self, row: Sequence[float]) -> float:
        total = self.base
        for feature, threshold, left, right, value in self.trees:
            node = 0
            while (column := feature[node]) >= 0:
                node = left[node] if row[column] <= threshold[node] else right[node]
            total += value[node]
        return total

    def numbers(self) -> dict[str, Any]:
        """The input of `from_numbers` that restores this model."""
        return {
            "form": self.form,
            "features": self.features,
            "base": self.base,
            "trees": [tree._asdict() for tree in self.trees],
        }

    @classmethod
    def from_numbers(cls, numbers: dict[str, Any]) -> "Trees":
        """Raises ValueError if they are not valid for this form."""
        features = integer("features", numbers.get("features"), 1, MAX_FEATURES)
        trees = numbers.get("trees")
        if not (isinstance(trees, list) and 1 <= len(trees) <= MAX_TREES):
            raise ValueError(f"trees must be a list of 1 to {MAX_TREES} trees")
        return cls(
            features, finite("base", numbers.get("base")), tuple(_tree(tree, features) for tree in trees)
        )


def _tree(numbers: object, features: int) -> Tree:
    """Raises ValueError if a traversal of these nodes could be endless or leave the tree."""
    if not isinstance(numbers, dict):
        raise ValueError("a tree must be an object of node lists")
    tree = Tree(
        integer_list("feature", numbers.get("feature"), LEAF, features - 1),
        finite_list("threshold", numbers.get("threshold")),
        integer_list("left", numbers.get("left"), 0, MAX_NODES),
        integer_list("right", numbers.get("right"), 0, MAX_NODES),
        finite_list("value", numbers.get("value")),
    )
    nodes = len(tree.feature)
    if not (1 <= nodes <= MAX_NODES and all(len(column) == nodes for column in tree)):
        raise ValueError(f"a tree has 1 to {MAX_NODES} nodes, with all their entries")
    for node, (feature, left, right) in enumerate(zip(tree.feature, tree.left, tree.right, strict=True)):
        if feature != LEAF and not (node < left < nodes and node < right < nodes):
            raise ValueError(f"the children {left} and {right} of node {node} do not come after it")
    return tree
