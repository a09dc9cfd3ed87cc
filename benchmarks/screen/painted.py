"""How long a state of the live view, and a quote, takes until it is painted. Pure.

A state that a newer one has overtaken counts until the newer one is painted, and a quote until the first state is
painted that is as new: nobody who looks at the page knows more by then.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple


class Commit(NamedTuple):
    """A state of the live view: when it was committed, its price, and when its quote was received; epoch seconds."""

    at: float
    price: float
    received: float


class PricePaint(NamedTuple):
    """A price on the screen, and since when, epoch seconds."""

    at: float
    price: float


class Delays(NamedTuple):
    """Milliseconds until something is painted: from each commit, and from the receipt of each quote."""

    from_commit: list[float]
    from_quote: list[float]


def visible(commits: Sequence[Commit]) -> list[Commit]:
    """The states whose price differs from the one before: no other can be seen to be painted."""
    return [
        each for number, each in enumerate(commits) if not number or commits[number - 1].price != each.price
    ]


def painted_at(commits: Sequence[Commit], paints: Sequence[PricePaint]) -> list[float | None]:
    """When each state or a newer one was painted; None for those before the first and after the last paint."""
    found: list[float | None] = [None] * len(commits)
    done = 0
    for paint in paints:
        reached = _shown(commits, done, paint)
        if reached is None:
            continue
        for number in range(done, reached + 1):
            found[number] = paint.at
        done = reached + 1
    return found


def _shown(commits: Sequence[Commit], first: int, paint: PricePaint) -> int | None:
    """The newest state with the painted price that was committed before, from `first` on."""
    newest = None
    for number in range(first, len(commits)):
        if commits[number].at > paint.at:
            break
        if commits[number].price == paint.price:
            newest = number
    return newest


def delays(
    commits: Sequence[Commit], received: Sequence[float], paints: Sequence[PricePaint], since: float
) -> Delays:
    """The delays of the states and quotes after `since`, epoch seconds."""
    states = visible(commits)
    times = painted_at(states, paints)
    from_commit = [
        1000 * (at - state.at)
        for state, at in zip(states, times, strict=True)
        if at is not None and state.at > since
    ]
    starts = [state.received for state in states]
    from_quote = []
    for moment in received:
        number = bisect_left(starts, moment)
        at = times[number] if number < len(times) else None
        if at is not None and moment > since:
            from_quote.append(1000 * (at - moment))
    return Delays(from_commit, from_quote)
