"""Checks of a stored indicator state before it is used."""

from math import isfinite


def counted(key: str, state: list[float]) -> tuple[int, list[float]]:
    """Split a stored state into the number of values seen and the numbers after it.

    Raises ValueError for anything but finite numbers of which the first is a count.
    """
    if not state or not all(isinstance(number, int | float) and isfinite(number) for number in state):
        raise ValueError(f"the stored state of {key} must be a list of finite numbers")
    if state[0] < 0 or state[0] != int(state[0]):
        raise misfit(key)
    return int(state[0]), state[1:]


def parts(key: str, state: list[float], fixed: int, window: int = 0) -> tuple[int, list[float]]:
    """The same for a state of known form: `fixed` numbers and then at most `window` more.

    Raises ValueError for a state of another form.
    """
    seen, numbers = counted(key, state)
    # A window of returns starts one value late: that value is the fixed number before it.
    if len(numbers) != fixed + min(max(seen - fixed, 0), window):
        raise misfit(key)
    return seen, numbers


def misfit(key: str) -> ValueError:
    """The error for a state of another indicator or of another form."""
    return ValueError(f"the stored state does not fit {key}")
