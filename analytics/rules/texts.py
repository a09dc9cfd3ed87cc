"""How the commands of rules write times and values."""

from collections.abc import Mapping
from datetime import UTC, datetime


def minute_text(second: float) -> str:
    """The minute, in UTC, of a time in epoch seconds."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M}"


def value_text(value: float | bool | None) -> str:
    """A number with six digits, or whether a condition is true; None is unknown."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6g}"


def values_text(values: Mapping[str, float | None]) -> str:
    """The values that a condition read, by their text."""
    return ", ".join(f"{name} {value_text(value)}" for name, value in values.items())


def count_text(count: int, noun: str) -> str:
    """A number of things, such as 1 symbol or 1,200 alerts."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
