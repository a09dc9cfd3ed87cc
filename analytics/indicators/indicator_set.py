"""All indicators of one symbol and interval, updated together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from analytics.indicators.catalog import CATALOG, STORED
from analytics.indicators.indicator_row import IndicatorRow
from analytics.indicators.spec import Context, Indicator, Parameters, Spec
from shared.errors import TickstreamError
from shared.market.records import Bar

IndicatorStates = dict[str, list[float]]
"""States by the name and key of their indicators, such as `sma_short:sma-20`. The key alone would not show whose values
are in the tables: another indicator of the same class may have had these parameters."""

FAMILIES = {family: place for place, family in enumerate(dict.fromkeys(spec.family for spec in CATALOG))}
"""The place of each family's bar among the bars of a preview."""

Step = tuple[Callable[[Bar], Any], int, tuple[None, ...] | None]
"""How an indicator's values get into a row: the method that returns them, the place of the bar for it, and its
values while it is warming up if it has several outputs, else None.
A plain tuple, because a named one takes longer to unpack."""


class SettingsChanged(TickstreamError):
    """A stored state can't be continued: rebuild it from the bars. The message completes the sentence "Because …"."""


class IndicatorSet:
    """The indicators of one series, in the order of `specs`; those that have columns in the tables come first."""

    def __init__(self, parameters: Parameters, context: Context, specs: Sequence[Spec] = STORED) -> None:
        self._specs = specs
        self._indicators = [spec.make(parameters, context) for spec in specs]
        self._keyed = {
            f"{spec.name}:{each.key}": each for spec, each in zip(specs, self._indicators, strict=True)
        }
        placed = [
            (each, FAMILIES[spec.family], (None,) * len(spec.outputs) if len(spec.outputs) > 1 else None)
            for spec, each in zip(specs, self._indicators, strict=True)
        ]
        self._updates: list[Step] = [(each.update, 0, missing) for each, _, missing in placed]
        self._previews: list[Step] = [(each.preview, place, missing) for each, place, missing in placed]
        self.warm_after = max(count for indicator in self._indicators for count in indicator.warm_after)

    @property
    def seen(self) -> int:
        """Number of bars added so far; every value is there from `warm_after` on."""
        return self._indicators[0].seen

    def update(self, bar: Bar) -> IndicatorRow:
        """Add a closed bar."""
        return _row(self._updates, [bar])

    def preview(self, bar: Bar, held_back: Mapping[str, Bar]) -> IndicatorRow:
        """The row of the open bar as if it closed now; changes nothing.

        `held_back` has the bar to be used instead for each family of indicators that is previewed less often.
        """
        bars = [bar] * len(FAMILIES)
        for family, other in held_back.items():
            bars[FAMILIES[family]] = other
        return _row(self._previews, bars)

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: continue as if every bar so far had been in new shares."""
        for indicator in self._indicators:
            indicator.split(ratio)

    def state(self) -> IndicatorStates:
        """All that `restore` needs."""
        return {key: indicator.state() for key, indicator in self._keyed.items()}

    def restore(self, state: IndicatorStates) -> None:
        """Continue from `state`. Raises SettingsChanged if a key is missing or does not fit."""
        stored = self._stored(state)
        if causes := [
            _cause(spec, key, state)
            for spec, key in zip(self._specs, self._keyed, strict=True)
            if key not in stored
        ]:
            raise SettingsChanged(" and ".join(causes))
        for key, indicator in self._keyed.items():
            _restore(indicator, stored[key])
        if len({indicator.seen for indicator in self._indicators}) > 1:
            raise SettingsChanged("the stored states were not taken at the same bar")

    def adopt(self, state: IndicatorStates) -> tuple[str, ...]:
        """Continue from the states in `state` that were taken at this bar; the columns of indicators without one."""
        stored = self._stored(state)
        columns: list[str] = []
        for spec, (key, indicator) in zip(self._specs, self._keyed.items(), strict=True):
            if not _continues(indicator, stored.get(key, [])):
                columns += (output.name for output in spec.outputs)
        return tuple(columns)

    def _stored(self, state: IndicatorStates) -> IndicatorStates:
        """The states with names; those of earlier versions have keys only.

        They are named if their class has the same keys as now. If not, an indicator may have had the key of another.
        """
        wanted, found = _by_class(each.key for each in self._indicators), _by_class(state)
        named = {
            key: state[indicator.key]
            for key, indicator in self._keyed.items()
            if found.get(_class(indicator.key)) == wanted[_class(indicator.key)]
        }
        return named | state


def _class(key: str) -> str:
    """The part of a key without parameters, such as `sma`."""
    return key.partition("-")[0]


def _by_class(keys: Iterable[str]) -> dict[str, list[str]]:
    """Keys by class, in order."""
    found: dict[str, list[str]] = {}
    for key in sorted(keys):
        found.setdefault(_class(key), []).append(key)
    return found


def _row(steps: list[Step], bars: list[Bar]) -> IndicatorRow:
    """The values of all indicators, in one loop without further calls: every closed bar and every live view need it."""
    values: list[float | None] = []
    for method, place, missing in steps:
        value = method(bars[place])
        if missing is None:
            values.append(value)
        else:
            values += value or missing
    return IndicatorRow(values)


def _continues(indicator: Indicator, stored: list[float]) -> bool:
    """Restore a state that was taken at the bar of the indicator; False if it was not, or does not fit."""
    if stored[:1] != [indicator.seen]:
        return False
    try:
        indicator.restore(stored)
    except ValueError:
        return False
    return True


def _cause(spec: Spec, key: str, state: IndicatorStates) -> str:
    """Why a stored state has no such key. States of earlier versions have no names, but those of a class."""
    before = {stored.partition(":")[0] for stored in state if ":" in stored}
    before |= {spec.name for stored in state if _class(stored) == _class(key.partition(":")[2])}
    if spec.name not in before:
        return f"{spec.name} is new"
    return f"settings of {spec.name} {'or trading hours ' if spec.needs else ''}changed"


def _restore(indicator: Indicator, stored: list[float]) -> None:
    try:
        indicator.restore(stored)
    except ValueError as error:
        raise SettingsChanged(str(error)) from error
