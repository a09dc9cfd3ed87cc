"""Validation of numbers read from a file."""

from math import isfinite
from typing import TypeGuard

LARGEST = 1e12
"""Upper limit of a model's weights, thresholds and leaves; sums of such numbers stay finite."""
LARGEST_PREDICTION = 3.0
"""In sigmas over the horizon."""


def bounded(prediction: float) -> float:
    """The prediction, limited to LARGEST_PREDICTION on either side."""
    return max(-LARGEST_PREDICTION, min(LARGEST_PREDICTION, prediction))


def finite(name: str, value: object) -> float:
    """Raises ValueError with the name if the value is not a number from -LARGEST to LARGEST."""
    if not _is_number(value):
        raise ValueError(f"{name} is not a finite number: {str(value)[:40]}")
    return float(value)


def finite_list(name: str, values: object) -> list[float]:
    """Raises ValueError with the name if the values are not a list of such numbers."""
    if not (isinstance(values, list) and all(map(_is_number, values))):
        raise ValueError(f"{name} is not a list of finite numbers")
    return list(map(float, values))


def integer(name: str, value: object, least: int, most: int) -> int:
    """Raises ValueError with the name if the value is not an integer from `least` to `most`."""
    if not (isinstance(value, int) and not isinstance(value, bool) and least <= value <= most):
        raise ValueError(f"{name} is not an integer from {least} to {most}: {str(value)[:40]}")
    return value


def integer_list(name: str, values: object, least: int, most: int) -> list[int]:
    """Raises ValueError with the name if the values are not a list of such integers."""
    if not isinstance(values, list):
        raise ValueError(f"{name} is not a list of integers")
    return [integer(name, value, least, most) for value in values]


def _is_number(value: object) -> TypeGuard[int | float]:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and isfinite(value)
        and abs(value) <= LARGEST
    )
