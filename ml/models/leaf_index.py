"""Finds the leaves of all trees at once, with a few operations on large integers instead of a traversal of each tree.

Every tree has a field of bits, one for each of its leaves from left to right. A split whose feature exceeds its
threshold rules out the leaves to its left; the lowest bit that remains in a field is the leaf of its tree. For each
feature, the bits that remain are stored by the number of thresholds that it exceeds. Source: Lucchese et al.,
"QuickScorer: a fast algorithm to rank documents with additive ensembles of regression trees" (SIGIR 2015).
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import reduce
from operator import add, and_, getitem, or_
from struct import Struct
from typing import NamedTuple

from ml.models.decision_tree import Tree

WIDTHS = {8: "B", 16: "H", 32: "I", 64: "Q"}
"""Possible numbers of leaves of a field, with their formats."""
MOST_LEAVES = max(WIDTHS)
MOST_BITS = 2**27
"""Size of all stored bits, 16 MB; the models that are trained here need a thirtieth of it."""


class TreeSplit(NamedTuple):
    """A split of a tree, and its leaves on the left as bits."""

    feature: int
    threshold: float
    left: int


class LeafIndex:
    """The trees of one model. Raises ValueError if their bits would be too many."""

    def __init__(self, trees: Sequence[Tree], features: int) -> None:
        unfolded = [_unfolded(tree) for tree in trees]
        longest = max(len(leaves) for leaves, _ in unfolded)
        width = next(width for width in WIDTHS if width >= longest)
        splits = [
            TreeSplit(feature, threshold, left << width * place)
            for place, (_, own) in enumerate(unfolded)
            for feature, threshold, left in own
        ]
        if len(splits) * width * len(trees) > MOST_BITS:
            raise ValueError(f"{len(splits)} splits of {len(trees)} trees are too many")
        self._fields = Struct(f"<{len(trees)}{WIDTHS[width]}")
        self._first_leaves = reduce(or_, (1 << width * place for place in range(len(trees))))
        self._every_leaf = (1 << width * len(trees)) - 1
        self._leaves = [{1 << place: leaf for place, leaf in enumerate(leaves)} for leaves, _ in unfolded]
        self._thresholds: list[list[float]] = []
        self._remaining: list[list[int]] = []
        for feature in range(features):
            self._add_feature([split for split in splits if split.feature == feature])

    def _add_feature(self, splits: list[TreeSplit]) -> None:
        thresholds = sorted({split.threshold for split in splits})
        excluded = dict.fromkeys(thresholds, 0)
        for split in splits:
            excluded[split.threshold] |= split.left
        remaining = [self._every_leaf]
        for threshold in thresholds:
            remaining.append(remaining[-1] & ~excluded[threshold])
        self._thresholds.append(thresholds)
        self._remaining.append(remaining)

    def sum(self, base: float, row: Sequence[float]) -> float:
        """`base` plus the leaf of each tree, added in their order; no number of the row is NaN."""
        places = map(bisect_left, self._thresholds, row)
        found = reduce(and_, map(getitem, self._remaining, places))
        # No field is empty, so that no subtraction borrows from the next one.
        lowest = found & (found ^ (found - self._first_leaves))
        bits = self._fields.unpack(lowest.to_bytes(self._fields.size, "little"))
        return reduce(add, map(getitem, self._leaves, bits), base)


def _unfolded(tree: Tree) -> tuple[list[float], list[TreeSplit]]:
    """The leaves of a tree from left to right, and its splits. Raises ValueError if the leaves are too many."""
    leaves: list[float] = []
    splits: list[TreeSplit] = []

    def unfold(node: int, depth: int) -> None:
        # Every split on the way to a leaf has another leaf.
        if max(depth, len(leaves)) >= MOST_LEAVES:
            raise ValueError("a tree has too many leaves")
        if tree.feature[node] < 0:
            leaves.append(tree.value[node])
            return
        first = len(leaves)
        unfold(tree.left[node], depth + 1)
        splits.append(TreeSplit(tree.feature[node], tree.threshold[node], (1 << len(leaves)) - (1 << first)))
        unfold(tree.right[node], depth + 1)

    unfold(0, 0)
    return leaves, splits
