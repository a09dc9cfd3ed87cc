"""What the calls of an indicator may return. Pure."""

import re
import traceback
from collections.abc import Sequence
from math import isfinite

MAX_REASON = 200
"""Characters of a reason that are shown and stored."""
LARGEST_COUNT = 2**53
"""JSON carries whole numbers up to this one exactly."""
ADDRESS = re.compile("0x[0-9a-fA-F]+")

Values = tuple[float | None, ...]
"""One number for each output, None where it is absent."""


class RuleBroken(Exception):
    """An indicator breaks a rule; the text is the reason."""


def as_values(found: object, outputs: Sequence[str]) -> Values:
    """What `update` or `preview` returned, as one value for each output. Raises RuleBroken if it is anything else than
    finite numbers or None."""
    if found is None:
        return (None,) * len(outputs)
    values = (found,) if len(outputs) == 1 else found
    if not isinstance(values, tuple) or len(values) != len(outputs):
        raise RuleBroken(f"it returned {_shown(found)} instead of a tuple of {len(outputs)} values or None")
    return tuple(_number(value, name) for value, name in zip(values, outputs, strict=True))


def _number(value: object, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise RuleBroken(f"the value of {name} is {_shown(value)} instead of a finite number or None")
    return float(value)


def as_state(found: object, seen: int) -> list[float]:
    """What `state` returned. Raises RuleBroken if it is not a list of finite numbers that begins with the number of
    bars seen."""
    if not isinstance(found, list) or not all(map(_is_finite, found)):
        raise RuleBroken(f"state() returned {_shown(found)} instead of a list of finite numbers")
    if found[:1] != [seen]:
        raise RuleBroken(
            f"state() begins with {_shown(found[:1])} instead of the number of bars seen, {seen}"
        )
    return [
        number if type(number) is int and abs(number) < LARGEST_COUNT else float(number) for number in found
    ]


def _is_finite(number: object) -> bool:
    return isinstance(number, int | float) and isfinite(number)


def _shown(value: object) -> str:
    """A value in a reason; a long one is cut."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def reason_of(error: BaseException) -> str:
    """Why an indicator is refused or set aside: one printable line, the same in every process, without addresses in
    memory."""
    text = str(error) if isinstance(error, RuleBroken) else traceback.format_exception_only(error)[-1].strip()
    text = ADDRESS.sub("0x...", text)
    return "".join(sign if sign.isprintable() else " " for sign in text)[:MAX_REASON]
