"""Checks of a stored indicator state before it is used."""

from math import isfinite


def parts(key: str, state: list[float], fixed: int, window: int = 0) -> tuple[int, list[float]]:
    """Split a stored state into the number of values seen and the numbers after it.

    Expects `fixed` numbers and then at most `window` more. Raises ValueError for a state of another form.
    """
    if not state or not all(isinstance(number, int | float) and isfinite(number) for number in state):
        raise ValueError(f"the stored state of {key} must be a list of finite numbers")
    seen, numbers = int(state[0]), state[1:]
    # A window of returns starts one value late: that value is the fixed number before it.
    if seen != state[0] or seen < 0 or len(numbers) != fixed + min(max(seen - fixed, 0), window):
        raise ValueError(f"the stored state does not fit {key}")
    return seen, numbers
