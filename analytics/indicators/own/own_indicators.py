"""The user's own indicators of one series, calculated at each closed bar. Pure.

They can't stop the fold or write a wrong row: one that raises, or returns anything else than its finite values, has no
values from that bar on. That is part of its state, so that every restart and every reading of the log gives the same
rows.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from analytics.indicators.indicator_set import SettingsChanged
from analytics.indicators.own.rules import as_state, as_values, reason_of
from analytics.indicators.spec import Context, Indicator, Spec
from shared.market.records import Bar

T = TypeVar("T")

OwnStates = dict[str, dict[str, Any]]
"""States by the key of their indicators."""


class OwnSpec(NamedTuple):
    """An indicator of the user's own; `digest` identifies the text of its file, so that a changed file is another
    indicator."""

    spec: Spec
    digest: str

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of its values."""
        return tuple(output.name for output in self.spec.outputs)

    def make(self, context: Context) -> Indicator:
        """A new indicator with the parameters in its file."""
        parameters = {parameter.name: parameter.default for parameter in self.spec.parameters}
        return self.spec.make(parameters, context)

    def key(self, context: Context) -> str:
        """The key of its state, such as `average_range:0f3a…`: the file, and the trading hours if it needs them."""
        hours = f":{context.periods_per_year!r}" if self.spec.needs else ""
        return f"{self.spec.name}:{self.digest}{hours}"


class OwnRow(NamedTuple):
    """The values of one bar by the names of their outputs; and the indicators that were set aside at it, with the
    reason."""

    values: dict[str, float | None]
    set_aside: list[str]


class OwnIndicator:
    """One indicator in one series. `reason` says why it is set aside; empty if it is not. Once `is_reported`, the
    reason has been in a row."""

    def __init__(self, own: OwnSpec, context: Context) -> None:
        self.name, self.key = own.spec.name, own.key(context)
        self._outputs = own.outputs
        self.missing: dict[str, float | None] = dict.fromkeys(own.outputs)
        self.seen = 0
        self.reason = ""
        self.is_reported = False
        self._state: list[float] = []
        self._indicator: Indicator | None = None
        self._indicator = self._attempt(lambda: own.make(context))

    def update(self, bar: Bar) -> dict[str, float | None]:
        """The values of a closed bar; all are None once the indicator is set aside."""
        self.seen += 1
        values = self._next(lambda indicator: as_values(indicator.update(bar), self._outputs))
        return self.missing if values is None else dict(zip(self._outputs, values, strict=True))

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares."""
        self._next(lambda indicator: indicator.split(ratio))

    def _next(self, step: Callable[[Indicator], T]) -> T | None:
        """Let the indicator take a step, and keep its state: a snapshot may be due at any moment and must not depend
        on what the indicator does then."""
        indicator = self._indicator
        if indicator is None:
            return None

        def stepped() -> tuple[T, list[float]]:
            return step(indicator), as_state(indicator.state(), self.seen)

        found = self._attempt(stepped)
        if found is None:
            return None
        result, self._state = found
        return result

    def _attempt(self, step: Callable[[], T]) -> T | None:
        """The result of a step; None if it fails, which sets the indicator aside."""
        try:
            return step()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (code of the user may raise anything)
            self.reason, self._indicator, self._state = reason_of(error), None, []
            return None

    def state(self) -> dict[str, Any]:
        """All that `restore` needs."""
        return {"seen": self.seen, "state": self._state, "reason": self.reason, "reported": self.is_reported}

    def restore(self, kept: dict[str, Any]) -> None:
        """Continue from `kept`. An indicator that does not accept its own state is set aside, like one that could not
        be made."""
        not_made = self.reason
        self.seen, self.is_reported = kept["seen"], kept["reported"]
        self.reason = kept["reason"] or not_made
        indicator, state = self._indicator, kept["state"]
        if self.reason:
            self._indicator = None
        elif indicator is not None and state:
            self._attempt(lambda: indicator.restore(list(state)))
            self._state = state if self._indicator is not None else []


class OwnIndicators:
    """The user's own indicators of one series, in the order of their files."""

    def __init__(self, own: Sequence[OwnSpec], context: Context) -> None:
        self._each = [OwnIndicator(spec, context) for spec in own]

    def update(self, bar: Bar) -> OwnRow:
        """Add a closed bar."""
        row = OwnRow({}, [])
        for each in self._each:
            row.values.update(each.update(bar))
            if each.reason and not each.is_reported:
                each.is_reported = True
                row.set_aside.append(f"{each.name} has no values from here on: {each.reason}")
        return row

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: continue as if every bar so far had been in new shares."""
        for each in self._each:
            each.split(ratio)

    def state(self) -> OwnStates:
        """All that `restore` needs."""
        return {each.key: each.state() for each in self._each}

    def restore(self, states: OwnStates, seen: int) -> None:
        """Continue from `states`, which were taken after `seen` bars. Raises SettingsChanged if one is missing."""
        for each in self._each:
            if states.get(each.key, {}).get("seen") != seen:
                raise SettingsChanged(f"the indicator {each.name} of your own is new or changed")
        for each in self._each:
            each.restore(states[each.key])
