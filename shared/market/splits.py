"""Whether prices show a split: the jump between two of them, compared with its ratio before anything is divided."""

from math import log

SMALL = log(1.2)
"""The logarithm of a ratio that no jump can be told from: an ordinary night has as large ones."""


def shows_split(before: float, after: float, ratio: float, expected: bool) -> bool | None:
    """Whether prices fell to one `ratio`-th from `before` to `after`, which lie on either side of the ex-date.

    None where they fell by something between that and nothing. What is `expected` is believed of small ratios, and
    within half of the jump, on the logarithm's scale; the other only within a third.
    """
    length = abs(log(ratio))
    if length < SMALL:
        return expected
    jump = log(after / before)
    from_split, from_none = abs(jump + log(ratio)), abs(jump)
    if (from_split if expected else from_none) <= length / 2:
        return expected
    return not expected if (from_none if expected else from_split) <= length / 3 else None
