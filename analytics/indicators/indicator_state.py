"""What a stored state of an indicator must look like before it is believed."""

from math import isfinite


def parts(key: str, state: list[float], fixed: int, window: int = 0) -> tuple[int, list[float]]:
    """A stored state as the closes seen and the numbers after: `fixed` ones, then at most a `window`."""
    if not state or not all(isinstance(number, int | float) and isfinite(number) for number in state):
        raise ValueError(f"the stored state of {key} must be a list of finite numbers")
    seen, numbers = int(state[0]), state[1:]
    # A window of returns starts one close late: that close is the fixed number before it.
    if seen != state[0] or seen < 0 or len(numbers) != fixed + min(max(seen - fixed, 0), window):
        raise ValueError(f"the stored state does not fit {key}")
    return seen, numbers
