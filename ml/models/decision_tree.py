"""One decision tree as lists of numbers."""

from typing import NamedTuple

LEAF = -1
"""In place of a feature number: the node is a leaf."""


class Tree(NamedTuple):
    """Nodes by number, 0 is the root; children have higher numbers than their node, so every traversal ends.

    At node i the traversal goes to left[i] if feature[i] <= threshold[i], else to right[i]; at a leaf it ends with
    value[i]. Unused entries, such as a leaf's threshold and children, are 0.
    """

    feature: list[int]
    threshold: list[float]
    left: list[int]
    right: list[int]
    value: list[float]
