"""What every indicator of the catalog is tested for, checked of an indicator of the user's own. Pure.

Each check takes the indicator and a series of bars and raises RuleBroken for the first rule that is broken.
"""

from collections.abc import Callable, Iterator, Sequence
from math import isclose
from typing import get_args

from analytics.indicators.indicator_row import factors_of
from analytics.indicators.own.made_bars import KINDS, random_bars
from analytics.indicators.own.own_indicators import OwnSpec
from analytics.indicators.own.rules import RuleBroken, Values
from analytics.indicators.own.subject import CONTEXT, Subject, fold
from analytics.indicators.spec import Unit
from shared.market.records import Bar

Clock = Callable[[], float]
"""Seconds that have passed."""
Check = Callable[[OwnSpec, Sequence[Bar]], None]

BARS = 100
"""Bars of a series that is cut at every place."""
AFTER_A_CUT = 40
"""Bars with which an indicator that was restored is compared."""
LONG = 4_000
"""Bars of the series in which calls are timed."""
MAX_GROWTH = 500
"""Numbers by which a state may grow in the second half of that series: extremes are sometimes more and sometimes fewer,
but a state that gets a number with each bar fills the snapshots."""
MAX_SECONDS = 0.05
"""Longest time of a call; the fold of all symbols waits for it."""
MAX_MEAN_SECONDS = 0.001
"""Longest mean time of a call."""
RATIOS = (2.0, 0.25)
TOLERANCE = 1e-9


def check_form(own: OwnSpec) -> None:
    """Outputs with known units, needs that there are, and a count of bars for each output."""
    spec, counts = own.spec, Subject(own).counts
    if not own.outputs or not all(output.unit in get_args(Unit) for output in spec.outputs):
        raise RuleBroken(f"it needs outputs, and each one a unit of {', '.join(get_args(Unit))}")
    if unknown := sorted({*spec.needs} - {*CONTEXT._fields}):
        raise RuleBroken(f"it needs {unknown[0]}, but a context has {' and '.join(CONTEXT._fields)}")
    seen, warm_after = counts
    if seen != 0 or not isinstance(warm_after, tuple | list) or len(warm_after) != len(own.outputs):
        raise RuleBroken(
            "seen must be 0 before the first bar, and warm_after must be a tuple with one count for each output"
        )


def check_values(own: OwnSpec, bars: Sequence[Bar]) -> None:
    """Finite or absent after every bar, and a state to go with it; the same values whatever other series are calculated
    before and beside it: an indicator that remembers more than its own bars could know later ones."""
    alone = fold(Subject(own), bars)
    one, other = Subject(own), Subject(own)
    for number, (bar, expected) in enumerate(zip(bars, alone, strict=True), start=1):
        other.update(bars[-number])
        if one.update(bar) != expected:
            raise RuleBroken(
                f"the value of bar {number} is another one when the same bars are calculated again: it must depend on"
                " the bars so far alone"
            )
        one.state()


def check_preview(own: OwnSpec, bars: Sequence[Bar]) -> None:
    """A preview returns what the next update returns, and changes nothing."""
    expected, subject = fold(Subject(own), bars), Subject(own)
    for number, bar in enumerate(bars):
        before = subject.state()
        subject.preview(bars[-number])
        previewed = subject.preview(bar)
        if not _has_state(subject, before):
            raise RuleBroken(f"preview() after {number} bars changes the state")
        if subject.update(bar) != expected[number]:
            raise RuleBroken(f"preview() after {number} bars changes later values")
        if previewed != expected[number]:
            raise RuleBroken(f"preview() after {number} bars returns another value than update()")


def _has_state(subject: Subject, state: list[float]) -> bool:
    try:
        return subject.state() == state
    except RuleBroken:
        return False


def check_restore(own: OwnSpec, bars: Sequence[Bar]) -> None:
    """At every cut, an indicator that is restored has the values and the state of one that was not stopped."""
    whole = Subject(own)
    states, values = [whole.state()], []
    for bar in bars:
        values.append(whole.update(bar))
        states.append(whole.state())
    for cut, state in enumerate(states):
        after = values[cut : cut + AFTER_A_CUT]
        second = Subject(own, state, cut)
        if fold(second, bars[cut : cut + AFTER_A_CUT]) != after:
            raise RuleBroken(
                f"restored from its state after {cut} bars, it has other values than without a stop"
            )
        if second.state() != states[cut + len(after)]:
            raise RuleBroken(
                f"restored from its state after {cut} bars, it gets another state than without a stop"
            )


def check_split(own: OwnSpec, bars: Sequence[Bar]) -> None:
    """After a split each value is scaled by what its unit says: prices are divided, numbers of shares multiplied."""
    expected = fold(Subject(own), bars)
    for ratio in RATIOS:
        for cut in range(0, len(bars), AFTER_A_CUT):
            subject = Subject(own)
            fold(subject, bars[:cut])
            subject.split(ratio)
            found = fold(subject, [_in_new_shares(bar, ratio) for bar in bars[cut:]])
            factors = factors_of(1.0 / ratio, ratio)
            scales = [factors[output.unit] for output in own.spec.outputs]
            _require_scaled(own, cut, found, expected[cut:], scales)


def _require_scaled(
    own: OwnSpec, cut: int, found: list[Values], expected: list[Values], scales: list[float]
) -> None:
    for place, (output, scale) in enumerate(zip(own.spec.outputs, scales, strict=True)):
        pairs = [(one[place], other[place]) for one, other in zip(found, expected, strict=True)]
        largest = max((abs(value * scale) for _, value in pairs if value is not None), default=0.0)
        if not all(_is_scaled(one, other, scale, largest) for one, other in pairs):
            raise RuleBroken(
                f"a split after {cut} bars is not honoured: {output.name} is a {output.unit} and should have been"
                f" {scale:g} times what it was"
            )


def _is_scaled(found: float | None, before: float | None, scale: float, largest: float) -> bool:
    if found is None or before is None:
        return found is before
    return isclose(found, before * scale, rel_tol=TOLERANCE, abs_tol=TOLERANCE * largest)


def _in_new_shares(bar: Bar, ratio: float) -> Bar:
    four = {name: getattr(bar, name) / ratio for name in ("open", "high", "low", "close")}
    vwap = None if bar.vwap is None else bar.vwap / ratio
    return bar._replace(volume=bar.volume * ratio, vwap=vwap, **four)


def seconds_a_bar(own: OwnSpec, clock: Clock) -> float:
    """The mean time that a closed bar takes. Raises RuleBroken if it is too long, or if the state grows.

    Two indicators take turns, and the shorter time counts: a busy machine delays one of them, but seldom both.
    """
    one, other = Subject(own), Subject(own)
    total, half = 0.0, 0
    for number, bar in enumerate(random_bars(KINDS[0], LONG, seed=1), start=1):
        seconds = min(_timed(one, bar, clock), _timed(other, bar, clock))
        total += seconds
        if seconds > MAX_SECONDS or total > MAX_MEAN_SECONDS * LONG:
            raise RuleBroken(
                f"it is too slow: bar {number} took {seconds:.3f} s and all so far {total:.1f} s; at most"
                f" {MAX_SECONDS} s for one bar and {MAX_MEAN_SECONDS} s on average"
            )
        if number == LONG // 2:
            half = len(one.state())
    if len(one.state()) - half > MAX_GROWTH:
        raise RuleBroken(
            f"its state grows with the series: {half} numbers after {LONG // 2} bars, {len(one.state())} after {LONG}"
        )
    return total / LONG


def _timed(subject: Subject, bar: Bar, clock: Clock) -> float:
    begun = clock()
    subject.update(bar)
    subject.state()
    return clock() - begun


CHECKS: tuple[Check, ...] = (check_values, check_preview, check_restore, check_split)


def findings(own: OwnSpec, recorded: Sequence[Sequence[Bar]], clock: Clock) -> Iterator[str]:
    """The rules that an indicator breaks; none if it may be let in. `recorded` are bars of real markets, by series."""
    try:
        check_form(own)
        seconds_a_bar(own, clock)
    except RuleBroken as broken:
        yield str(broken)
        return
    made = [list(random_bars(kind, BARS, seed)) for seed, kind in enumerate(KINDS)]
    for check in CHECKS:
        try:
            for bars in (*made, *recorded):
                check(own, bars)
        except RuleBroken as broken:
            yield str(broken)
