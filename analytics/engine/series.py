"""One symbol in one interval: the open bars, and the indicators, alert rules and forecasts of the closed ones."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from math import inf
from typing import Any, NamedTuple

from analytics.alerts.evaluation.between_closes.open_bar_rules import OpenBarRules, ProvisionalAlert
from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.series_rules import RuleEvaluation, SeriesRules
from analytics.alerts.threshold_rules import AlertSettings
from analytics.alerts.thresholds import ReachedThreshold, Thresholds
from analytics.engine.bars import OpenBar, Slot
from analytics.forecasting.forecasts import SeriesForecasts
from analytics.indicators.indicator_row import IndicatorRow
from analytics.indicators.indicator_set import IndicatorSet
from analytics.indicators.own.own_indicators import OwnIndicators, OwnRow, OwnSpec
from analytics.indicators.series.sessions import SessionOf, session_of
from analytics.indicators.spec import Context, Parameters, Spec
from analytics.mood.headline_mood import KnownInOrder, ScoredHeadline
from ml.arima.forecaster import ForecastSettings
from shared.calendars.calendars import SessionCalendar, periods_per_year
from shared.market.records import INTERVAL_SECONDS, Bar, Interval

NOT_PROVISIONAL: Mapping[int, float] = {}


class ClosedBar(NamedTuple):
    """A bar that no longer changes, its indicators, the alerts that it raised, the user's own indicators if there are
    any, the rules that fired, and those that had fired while it was open, with their times."""

    bar: Bar
    indicators: IndicatorRow
    alerts: list[ReachedThreshold]
    own: OwnRow | None
    fired: Sequence[RuleEvaluation] = ()
    provisional: Mapping[int, float] = NOT_PROVISIONAL


class KnownPast(NamedTuple):
    """What the values of a newly armed rule begin with: the closed bars of an interval, in order, and the headlines."""

    bars: Callable[[Interval], Iterable[Bar]]
    headlines: Callable[[], Iterable[ScoredHeadline]]


NO_PAST = KnownPast(lambda _: (), tuple)


def context_of(calendar: SessionCalendar, interval: Interval) -> Context:
    """What the indicators of a series need to know of its exchange."""
    return Context(periods_per_year(calendar, INTERVAL_SECONDS[interval]), _sessions_of(calendar))


@lru_cache(maxsize=256)
def _sessions_of(calendar: SessionCalendar) -> SessionOf:
    """The sessions of an exchange, which all its symbols share."""
    return session_of(lambda start: calendar.at(start).day_start)


class BarSeries:
    """The bars of one symbol and interval in the order of their closing; the last one ended at `closed_until`.

    `splits` are those that converted its indicators: what `closed_until` was then, and the ratio. They are calculated
    again with each split at that place. None if the snapshot of an earlier version did not contain them.

    `forecasts` are updated by the caller, because they learn from other symbols too; None if the interval is not
    forecast.
    """

    def __init__(
        self,
        symbol: str,
        interval: Interval,
        indicators: Parameters,
        specs: Sequence[Spec],
        own: Sequence[OwnSpec],
        alerts: AlertSettings,
        forecasts: ForecastSettings | None,
        calendar: SessionCalendar,
    ) -> None:
        self.symbol, self.interval = symbol, interval
        self.open_bars: dict[int, OpenBar] = {}
        self.closed_until = 0
        self.splits: list[tuple[int, float]] | None = []
        self._context = context = context_of(calendar, interval)
        self.indicators = IndicatorSet(indicators, context, specs)
        self.own = OwnIndicators(own, context) if own else None
        checked = interval in alerts.intervals
        self.alerts = Thresholds(alerts, indicators, interval, context) if checked else None
        self.forecasts = SeriesForecasts(symbol, interval, forecasts, calendar) if forecasts else None
        self.rules: SeriesRules | None = None
        self.live: OpenBarRules | None = None

    def arm(self, rules: Mapping[int, ArmedRule], changed: Collection[int], past: KnownPast) -> None:
        """Evaluate these rules from the next bar on. The values of those with the ids `changed` begin with the
        `past`."""
        self._arm_live({rule_id: armed for rule_id, armed in rules.items() if armed.rule.is_live})
        if not rules:
            self.rules = None
            return
        new = {rule_id: armed for rule_id, armed in rules.items() if rule_id in changed}
        if self.rules is None:
            self.rules = self._warmed_up(new, past) if new else SeriesRules(rules, self.symbol, self._context)
            return
        if any(map(self.has_rule, changed)):
            before, self.rules = self.rules, SeriesRules(rules, self.symbol, self._context)
            self.rules.take_over(before)
        if new:
            self.rules.add(new, self._warmed_up(new, past))

    def _arm_live(self, rules: Mapping[int, ArmedRule]) -> None:
        before, self.live = self.live, None
        if rules:
            self.live = OpenBarRules(rules, self.symbol, self._context)
            if before is not None:
                self.live.continue_from(before)

    def evaluate_open(self, bar: Bar, time: float) -> list[ProvisionalAlert]:
        """Evaluate the live rules at the open bar, whose last quote was at `time`."""
        assert self.live is not None and self.rules is not None, "a live rule is evaluated at closed bars too"
        return self.live.evaluate(self.rules, bar, self._outside(), time)

    def has_rule(self, rule_id: int) -> bool:
        """Whether this rule is evaluated at its bars."""
        return self.rules is not None and rule_id in self.rules.rule_ids

    def _warmed_up(self, rules: Mapping[int, ArmedRule], past: KnownPast) -> SeriesRules:
        warm = SeriesRules(rules, self.symbol, self._context)
        splits = deque(self.splits or ())
        headlines = KnownInOrder(past.headlines() if warm.values.reads_mood else ())
        for bar in past.bars(self.interval):
            while splits and splits[0][0] < bar.end:
                warm.split(splits.popleft()[1])
            warm.values.add_headlines(headlines.until(bar.end))
            warm.values.update(bar)
        warm.values.add_headlines(headlines.until(inf))
        for _, ratio in splits:
            warm.split(ratio)
        warm.begin()
        return warm

    def begin(self, slot: Slot, piece: OpenBar) -> None:
        """Open the bar of a slot with its first piece."""
        bar = self.open_bars[slot.start] = OpenBar.without_price(slot, piece.source)
        bar.merge(piece)
        bar.whole = piece.whole and (piece.start, piece.end) == (slot.start, slot.end)

    def open(self, slot: Slot, source: str, price: float, time: float) -> OpenBar:
        """Open the bar of a slot at its first price; `time` is the event time."""
        bar = self.open_bars[slot.start] = OpenBar(slot, source, price, time)
        return bar

    def is_whole(self, start: int) -> bool:
        """Whether the open bar that starts at `start` was given whole by its source."""
        bar = self.open_bars.get(start)
        return bar is not None and bar.whole

    def split(self, ratio: float, time: float, effective: float) -> None:
        """One share became `ratio` shares: convert what is older than `time`, at which a price confirmed it, to new
        shares. Trades that set no price count in new shares from `effective` on, the start of the ex-date.

        If the split is reported late, it does not change data that already has new prices: bars with a price since
        then, and the indicators, rules and forecasts of a series that has closed a bar since then.
        """
        for bar in self.open_bars.values():
            is_older = bar.start < time and bar.close_time <= time if bar.has_price else bar.end <= effective
            if is_older:
                bar.split(ratio)
        if self.closed_until > time:
            return
        if self.splits is not None:
            self.splits.append((self.closed_until, ratio))
        self.indicators.split(ratio)
        if self.own is not None:
            self.own.split(ratio)
        if self.alerts is not None:
            self.alerts.split(ratio)
        if self.rules is not None:
            self.rules.split(ratio)
        if self.forecasts is not None:
            self.forecasts.split(ratio)

    def close(self, start: int) -> tuple[OpenBar, ClosedBar]:
        """Close the bar that starts at `start`. Returns it as a piece for longer intervals, and as a closed bar."""
        piece = self.open_bars.pop(start)
        self.closed_until = piece.end
        bar = piece.bar(self.symbol, self.interval)
        row = self.indicators.update(bar)
        alerts = self.alerts.update(bar, row) if self.alerts is not None else []
        own = self.own.update(bar) if self.own is not None else None
        if self.rules is None:
            return piece, ClosedBar(bar, row, alerts, own)
        provisional = NOT_PROVISIONAL if self.live is None else self.live.take_provisional()
        fired = [] if self.rules.values.forecasts else self.rules.fired(bar)
        return piece, ClosedBar(bar, row, alerts, own, fired, provisional)

    def with_forecast_rules(self, closed: ClosedBar) -> ClosedBar:
        """The closed bar with the rules that fired, if any of them reads forecasts: those that were made before this
        bar. Several bars may close at once, and each is evaluated before the forecasts at its close are made."""
        if self.rules is None or not self.rules.values.forecasts:
            return closed
        return closed._replace(fired=self.rules.fired(closed.bar, self._outside()))

    def _outside(self) -> dict[str, float]:
        """The ends of the forecast intervals of the next close that rules read, by their text."""
        found: dict[str, float] = {}
        for text, coverage, part in self.rules.values.forecasts if self.rules is not None else ():
            bounds = None if self.forecasts is None else self.forecasts.next_interval(coverage)
            if bounds is not None:
                found[text] = bounds[part == "high"]
        return found

    def state(self) -> dict[str, Any]:
        """The state for a snapshot."""
        own = {} if self.own is None else {"own": self.own.state()}
        rules = {} if self.rules is None else {"rules": self.rules.state()}
        live = {} if self.live is None else {"live": self.live.state()}
        return {
            "closed_until": self.closed_until,
            "splits": self.splits,
            "open": [bar.state() for bar in self.open_bars.values()],
            "indicators": self.indicators.state(),
            "alerts": self.alerts.state() if self.alerts is not None else None,
            "forecasts": self.forecasts.state() if self.forecasts is not None else None,
            **own,
            **rules,
            **live,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a snapshot, made with the rules that are armed; forecasts of other settings are not restored.

        Raises SettingsChanged if the snapshot was made with other indicators.
        """
        self.closed_until = state["closed_until"]
        kept_splits = state.get("splits")
        self.splits = None if kept_splits is None else [(place, ratio) for place, ratio in kept_splits]
        self.indicators.restore(state["indicators"])
        if self.own is not None:
            self.own.restore(state.get("own", {}), self.indicators.seen)
        self.open_bars = {bar[0]: OpenBar.restored(bar) for bar in state["open"]}
        if self.alerts is not None and state["alerts"] is not None:
            self.alerts.restore(state["alerts"])
        if self.rules is not None:
            self.rules.restore(state["rules"])
        if self.live is not None:
            self.live.restore(state["live"])
        kept = state["forecasts"]
        if self.forecasts is not None and kept is not None and kept["key"] == self.forecasts.key:
            self.forecasts.restore(kept)
