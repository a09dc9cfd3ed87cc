"""When a rule fires: the edges of its condition, rests and counts. Pure."""

from collections.abc import Collection
from typing import Any, Literal

from analytics.alerts.language.rule import Rule
from analytics.indicators.series.sessions import REGULAR
from shared.market.records import Bar

DAY = 86_400

Outcome = Literal[
    "fired",
    "false",
    "unknown",
    "counting",
    "waiting for false",
    "resting",
    "cooling down",
    "done",
    "not open",
]
"""What became of a rule at a bar:

- fired: the condition has become true, and has been true for as many closes as the rule asks for;
- false, unknown: the condition is;
- counting: it is true, but not yet for as many closes in a row;
- waiting for false: it was true already, or unknown, when the rule began or at the bar before;
- resting: the rule has fired, and is to be cleared first;
- cooling down: it would have fired, but `every` forbids it; it waits for false then;
- done: it has fired `once`;
- not open: it is evaluated while the exchange is open only, and this bar was outside of the session.
"""


class Firing:
    """The state of a rule for one symbol.

    A false condition makes it ready to fire. After an unknown one it is not: the condition may have been true already.
    If it `is_eager`, it is ready from the beginning, and unknown changes nothing.
    A condition that is one of `idle_at` changes nothing, as at nearly every bar.
    """

    def __init__(self, rule: Rule, is_eager: bool = False) -> None:
        self._rule, self._is_eager = rule, is_eager
        self._is_ready, self._is_resting = is_eager, False
        self._closes = 0
        self._fired_at: int | None = None
        self.idle_at: Collection[bool | None] = ()

    def begin(self, condition: bool | None) -> None:
        """Begin after a bar at which the condition was so: it may become true at the next one."""
        self._is_ready = condition is False
        self._note_idle()

    def restate(self, condition: bool | None) -> None:
        """The shares have been split since the bar before, at which the condition was so in the new ones: what was true
        already does not become true by a split. An unknown condition changes nothing."""
        if condition is False:
            self._is_resting = self._is_resting and self._rule.clear is not None
            self._is_ready, self._closes = not self._is_resting, 0
        elif condition and not self._closes:
            self._is_ready = False
        self._note_idle()

    def evaluate(self, condition: bool | None, clear: bool | None, bar: Bar) -> Outcome:
        """Evaluate a closed bar; `clear` is the condition that ends the rest, and counts only if the rule has one."""
        outcome = self._evaluate(condition, clear, bar)
        self._note_idle()
        return outcome

    def _note_idle(self) -> None:
        rule = self._rule
        if rule.is_once or rule.while_open or self._closes or (self._is_resting and rule.clear is not None):
            self.idle_at = ()
        else:
            unchanged = (False, None) if self._is_eager else (False,)
            self.idle_at = unchanged if self._is_ready else (True, None)

    def _evaluate(self, condition: bool | None, clear: bool | None, bar: Bar) -> Outcome:
        rule = self._rule
        if rule.is_once and self._fired_at is not None:
            return "done"
        if rule.while_open and bar.session != REGULAR:
            return "not open"
        if self._is_resting:
            self._is_resting = not (condition is False if rule.clear is None else clear is True)
        if condition is None:
            self._is_ready, self._closes = self._is_eager and self._is_ready, 0
            return "unknown"
        if not condition:
            self._is_ready, self._closes = not self._is_resting, 0
            return "resting" if self._is_resting else "false"
        return self._evaluate_true(bar)

    def _evaluate_true(self, bar: Bar) -> Outcome:
        if not self._is_ready:
            return "resting" if self._is_resting else "waiting for false"
        self._closes += 1
        if self._closes < self._rule.bars:
            return "counting"
        self._is_ready, self._closes = False, 0
        if self._is_too_soon(bar):
            return "cooling down"
        self._is_resting, self._fired_at = True, bar.end
        return "fired"

    def _is_too_soon(self, bar: Bar) -> bool:
        """Whether `every` forbids it. From one daily bar to the next it is a day, even if the exchange closes early."""
        every, before = self._rule.every, self._fired_at
        if every is None or before is None:
            return False
        since = bar.end - before
        return (round(since / DAY) * DAY if self._rule.interval == "1d" else since) < every.seconds

    def state(self) -> list[Any]:
        """All that `restore` needs."""
        return [self._is_ready, self._is_resting, self._closes, self._fired_at]

    def restore(self, state: list[Any]) -> None:
        """Continue from `state`."""
        self._is_ready, self._is_resting, self._closes, self._fired_at = state
        self._note_idle()
