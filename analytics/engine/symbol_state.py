"""The state of one symbol: its time, last quote, counters and five series."""

from collections.abc import Collection
from typing import Any, NamedTuple

import msgspec

from analytics.alerts.evaluation.between_closes.no_data_rules import NoDataRules
from analytics.alerts.evaluation.rule_book import RuleBook
from analytics.engine.bars import MINUTE, OpenBar
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.open_bars import OpenBars
from analytics.engine.quotes.last_price import close_as_quote
from analytics.engine.quotes.print_filter import PrintFilter
from analytics.engine.series import NO_PAST, BarSeries, ClosedBar, KnownPast
from analytics.engine.split_check import SettledAction, SplitCheck
from analytics.indicators.indicator_row import IndicatorRow
from analytics.mood.headline_mood import ScoredHeadline
from shared.calendars.calendars import calendar_of
from shared.market.records import INTERVALS, Bar, CorporateAction, Interval, Quote, RecordedBar

CLOSE_PLACE = Bar._fields.index("close")
OLD_SHARES = "at the price before a split that is not confirmed yet"
"""The reason for which a quote is set aside while a split waits; other reasons are in `print_filter`."""


class LiveBar(NamedTuple):
    """The open bar, and its indicators as if it closed now; `seen` of `warm_after` warm-up bars are complete.

    `sized` is the part of its volume that was received with trades, whether or not their prices count.
    """

    bar: Bar
    indicators: IndicatorRow
    seen: int
    warm_after: int
    sized: float


class SymbolState:
    """The state of one symbol. `exchange` is that of its first record; it determines the periods per year.

    By the symbol's own time, every bar that ends by `closed_until` is closed, and from `next_close` on there are more
    bars to close; both in epoch seconds. `quotes` and `bars` count records: quotes and recorded bars. `late` counts
    both kinds if their bar was closed, `extreme` quotes that were set aside, and `ignored` recorded bars whose slot had
    data already or that show no trading outside of sessions; none of these entered a bar. `settled` are splits and
    dividends that took effect or were rejected, until the engine takes them.
    """

    def __init__(self, symbol: str, exchange: str | None, settings: EngineSettings) -> None:
        self.symbol, self.exchange = symbol, exchange
        self.settings = settings
        self.calendar = calendar_of(exchange)
        self.open = OpenBars({interval: self._new_series(interval) for interval in INTERVALS}, self.calendar)
        self.closed_until = 0
        self.next_close = MINUTE + settings.grace
        self._last: Quote | RecordedBar | None = None
        self.last_time = 0.0
        self.quotes = self.bars = self.late = self.extreme = self.ignored = 0
        self.prints = PrintFilter(self.calendar)
        self._marks: dict[int, tuple[float, float]] = {}
        self._slower = settings.live_every.slower()
        self.splits = SplitCheck()
        self.settled: list[SettledAction] = []
        self.no_data: NoDataRules | None = None
        self.is_watched = False

    def _new_series(self, interval: Interval) -> BarSeries:
        settings = self.settings
        forecasts = settings.forecasts.get(interval)
        indicators = settings.indicators, settings.specs, settings.own
        return BarSeries(self.symbol, interval, *indicators, settings.alerts, forecasts, self.calendar)

    def arm(self, rules: RuleBook, changed: Collection[int], past: KnownPast) -> None:
        """Evaluate these rules from the next closed bar on. The values of those with the ids `changed` begin with the
        `past`."""
        for interval, series in self.open.series.items():
            concerned = {
                each
                for each in changed
                if rules.is_evaluated(each, self.symbol, interval) or series.has_rule(each)
            }
            if concerned:
                series.arm(rules.rules_for(self.symbol, interval), concerned, past)
        self._note_watched()

    def arm_all(self, rules: RuleBook) -> None:
        """Evaluate these rules from the first bar on."""
        self.watch(rules, self.last_time)
        for interval, series in self.open.series.items():
            series.arm(rules.rules_for(self.symbol, interval), (), NO_PAST)
        self._note_watched()

    def _note_watched(self) -> None:
        """Note whether any rule can fire between closes."""
        has_live = any(series.live is not None for series in self.open.series.values())
        self.is_watched = has_live or self.no_data is not None

    def watch(self, rules: RuleBook, now: float) -> None:
        """Evaluate the rules on missing quotes from `now` on, epoch seconds. No rule, no state."""
        if not rules.watches_time and self.no_data is None:
            return
        found = rules.no_data_rules_for(self.symbol)
        if not found:
            self.no_data = None
            return
        self.no_data = self.no_data or NoDataRules(self.symbol, self.calendar)
        self.no_data.watch(found, self.last_time, now)

    def add_headline(self, headline: ScoredHeadline) -> bool:
        """Give a headline to the rules that read the mood; returns whether there are any."""
        armed = [series.rules.values for series in self.open.series.values() if series.rules is not None]
        for values in armed:
            values.add_headlines((headline,))
        return any(values.reads_mood for values in armed)

    def advance(self, until: int) -> list[ClosedBar]:
        """Close every bar that ends by `until`, in order; `until` never decreases."""
        self.closed_until = until
        self.next_close = until + MINUTE + self.settings.grace
        return self.open.close(until)

    def add_action(self, action: CorporateAction, offset: int) -> None:
        """Process a split or dividend. Once it takes effect or is rejected, at once or after later prices, it is in
        `settled`.

        A split that is not later than the latest one is a repetition and changes no price. A split takes effect at once
        if there is no older price, if newer prices exist, or if an open bar spans it.
        """
        time = action.time.timestamp()
        if action.action == "dividend" or not self.splits.is_new(time):
            if action.action == "dividend" or self.splits.is_kept(time):
                self.settled.append(SettledAction(offset, action, offset))
            return
        if self.splits.waiting is not None:
            self._apply_split(time, offset)
        self.splits.waiting = offset, action
        is_alone = self.prints.accepted is None or self.last_time > time or self.open.next_end is not None
        if is_alone or not self.settings.skip_extreme:
            self._apply_split(time, offset)

    def settle(self, prices: tuple[float, ...], time: float, is_day: bool, offset: int) -> None:
        """Confirm or reject the waiting split by the prices of a finished bar at `offset`, the first one at `time`.

        One price that confirms it is enough, because the first trades may still be at the old price. A daily bar
        without any rejects it.
        """
        before = self.prints.accepted
        if before is None or not self.splits.applies_to(time):
            return
        if any(self.splits.is_confirmed_by(before, price) for price in prices):
            self._apply_split(time, offset)
        elif is_day or self.splits.has_expired(time):
            self.settled.append(self.splits.reject(before, prices[-1], offset))

    def _contradicts_split(self, price: float, time: float, offset: int) -> bool:
        """Whether to set a quote aside because it contradicts the waiting split. After a while the quote is accepted
        instead, and the split is rejected."""
        before = self.prints.accepted
        if before is None or not self.splits.applies_to(time):
            return False
        if self.splits.is_confirmed_by(before, price):
            self._apply_split(time, offset)
        elif self.splits.has_expired(time):
            self.settled.append(self.splits.reject(before, price, offset))
        else:
            return True
        return False

    def _apply_split(self, time: float, settled_by: int) -> None:
        """The waiting split takes effect: convert every price from before `time` to new shares, except the last
        quote."""
        offset, action = self.splits.take()
        ratio = action.value
        self.open.split(ratio, time, action.time.timestamp())
        for every, (at, price) in self._marks.items():
            self._marks[every] = (at, price / ratio if at < time else price)
        if self.last_time <= time:
            self.prints.split(ratio)
        self.settled.append(SettledAction(offset, action, settled_by))

    def show(self, quote: Quote, time: float) -> None:
        """Store a quote as the last one, unless a newer one exists. Used alone for a price of zero or below, which a
        future may have and which has no logarithm."""
        if time >= self.last_time:
            self._last, self.last_time = quote, time

    @property
    def last(self) -> Quote | None:
        """The last quote, or the close of the last recorded bar, which is made a quote only when it is read."""
        if isinstance(self._last, RecordedBar):
            self._last = close_as_quote(self._last, int(self.last_time))
        return self._last

    def accept(self, quote: Quote, time: float, offset: int) -> str | None:
        """Process a price that is not late. Returns None, or the reason for which it is set aside."""
        price = quote.price
        if self.splits.waiting is not None or not self.prints.take_near(price, time):
            reason = self.reason_against(quote, time, offset)
            if reason is not None:
                return reason
            self.prints.take(price, time)
        self._take(quote, price, time)
        return None

    def reason_against(self, quote: Quote, time: float, offset: int) -> str | None:
        """The reason for which a quote is set aside and counted as extreme; None if it is not."""
        reason = None
        if self.splits.waiting is not None and self._contradicts_split(quote.price, time, offset):
            reason = OLD_SHARES
        elif self.settings.skip_extreme:
            reason = self.prints.reason_against(quote, time)
        if reason is not None:
            self.extreme += 1
        return reason

    def accept_close(self, record: RecordedBar, end: int) -> None:
        """Process the close of a finished bar that ends at `end`, epoch seconds."""
        self.prints.restart(record.close)
        self._take(record, record.close, end)

    def _take(self, last: Quote | RecordedBar, price: float, time: float) -> None:
        if time >= self.last_time:
            self._last, self.last_time = last, time
        for every in self._slower:
            if (self.quotes + self.bars) % every == 0:
                self._marks[every] = (time, price)

    def live(self) -> list[LiveBar]:
        """The open bar of every interval that has one, including the minutes that it will get."""
        found = ((series, self.open.newest(interval)) for interval, series in self.open.series.items())
        return [self._live_bar(series, bar) for series, bar in found if bar is not None]

    def _live_bar(self, series: BarSeries, bar: OpenBar) -> LiveBar:
        now, indicators = bar.bar(self.symbol, series.interval), series.indicators
        held_back: dict[str, Bar] = {}
        for every, families in self._slower.items():
            close = self._live_close(every, bar)
            if close != now.close:
                earlier = _with_close(now, close)
                for family in families:
                    held_back[family] = earlier
        row = indicators.preview(now, held_back)
        return LiveBar(now, row, indicators.seen, indicators.warm_after, bar.sized + bar.unpriced)

    def _live_close(self, every: int, bar: OpenBar) -> float:
        """The price at the last quote that counts for this frequency; the bar's open if there was none yet."""
        time, price = self._marks.get(every, (0.0, 0.0))
        if time >= bar.end:
            return bar.close
        return price if time >= bar.start else bar.open

    def session_at_last(self) -> str:
        """The exchange's session at the time of the last quote."""
        return self.calendar.at(int(self.last_time)).name

    def state(self) -> dict[str, Any]:
        """The state for a snapshot."""
        return {
            "exchange": self.exchange,
            "closed_until": self.closed_until,
            "splits": self.splits.state(),
            "last": msgspec.to_builtins(self.last),
            "last_time": self.last_time,
            "counts": [self.quotes, self.bars, self.late, self.extreme, self.ignored],
            "prints": self.prints.state(),
            "marks": [[every, *mark] for every, mark in sorted(self._marks.items())],
            "series": self.open.state(),
            **({} if self.no_data is None else {"silence": self.no_data.state()}),
        }

    @classmethod
    def restored(
        cls, symbol: str, state: dict[str, Any], settings: EngineSettings, rules: RuleBook
    ) -> "SymbolState":
        """The state of a snapshot, in which these rules are armed. Raises SettingsChanged if it was made with other
        indicators."""
        self = cls(symbol, state["exchange"], settings)
        self.arm_all(rules)
        self.closed_until = state["closed_until"]
        self.next_close = self.closed_until + MINUTE + settings.grace
        self.splits.restore(state["splits"])
        self._last = msgspec.convert(state["last"], Quote | None)
        self.last_time = state["last_time"]
        self.quotes, self.bars, self.late, self.extreme, self.ignored = state["counts"]
        self.prints.restore(state["prints"])
        self._marks = {every: (time, price) for every, time, price in state["marks"] if every in self._slower}
        self.open.restore(state["series"])
        if self.no_data is not None:
            self.no_data.restore(state["silence"])
        if not self.splits.latest_time:
            self.open.note_no_split()
        return self


def _with_close(bar: Bar, close: float) -> Bar:
    """The bar with another close. The live view needs it often, and `_replace` takes twice as long."""
    values = list[Any](bar)
    values[CLOSE_PLACE] = close
    return Bar._make(values)
