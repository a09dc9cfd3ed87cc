"""Checks the arguments of functions: periods, factors and spans, with their limits. Pure."""

from analytics.alerts.language.rule_error import Fault
from analytics.alerts.language.syntax import Call, Duration, Node, Number
from shared.market.records import INTERVAL_SECONDS, Interval

MAX_BARS = 5_000
"""The longest period and the longest look back, in bars."""
MAX_SESSIONS = 1_000
"""The most days of trading that a duration such as 20d may have."""
HOUR, DAY = 3_600, 86_400
LONGEST_MOOD = 30 * DAY


def require_span(span: Duration, interval: Interval) -> None:
    """Raise Fault unless a duration can be looked back on this interval: of sessions, or of several bars."""
    seconds, unit = INTERVAL_SECONDS[interval], span.text[-1]
    if unit == "w":
        raise Fault(span.place, "weeks are not counted here: use sessions, such as 5d")
    if unit == "d":
        if not 1 <= span.seconds // DAY <= MAX_SESSIONS:
            raise Fault(span.place, f"1d to {MAX_SESSIONS}d is expected")
        return
    if span.seconds < seconds or span.seconds % seconds:
        raise Fault(span.place, f"on {interval} a multiple of {interval} is expected")
    if span.seconds > MAX_BARS * seconds:
        raise Fault(span.place, f"on {interval} at most {MAX_BARS} bars can be looked back")


def mood_durations(node: Call, half_life: int) -> tuple[Duration, Duration] | None:
    """The span and the half-life of a mood; the latter, in hours, is written out if it is missing. None if they are not
    written so, or not within an hour and 30 days."""
    durations = node.arguments
    if len(durations) == 1:
        durations = (*durations, Duration(half_life * HOUR, f"{half_life}h", place=node.place))
    match durations:
        case (Duration() as span, Duration() as half) if _is_moderate(span) and _is_moderate(half):
            return span, half
        case _:
            return None


def _is_moderate(duration: Duration) -> bool:
    return HOUR <= duration.seconds <= LONGEST_MOOD


def number_of_bars(node: Node, least: int) -> Number:
    """A whole number of bars. Raises Fault."""
    if not isinstance(node, Number) or not node.text.isdigit() or not least <= node.value <= MAX_BARS:
        raise Fault(node.place, f"a number of bars from {least} to {MAX_BARS} is expected")
    return node


def factor_of(node: Node, name: str) -> Number:
    """A number such as the width of a band. Raises Fault."""
    if not isinstance(node, Number) or not 0 < node.value <= 1_000:
        raise Fault(node.place, f"{name}: a number above 0 and up to 1000 is expected")
    return node


def written(node: Node, value: float) -> Number:
    """A default as if it had been written."""
    return Number(float(value), repr(float(value)).removesuffix(".0"), place=node.place)
