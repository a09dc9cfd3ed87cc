"""Sessions of an exchange (pre, regular, post, closed), with holidays, half days and breaks from exchange_calendars."""

from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import lru_cache
from statistics import mode
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.calendars.currency_hours import are_open, next_change
from shared.calendars.exchange_sessions import ExchangeSessions, sessions_of
from shared.calendars.local_days import FRIDAY, SATURDAY, SUNDAY, LocalDay, bounds_of
from shared.market.exchanges import (
    ALWAYS_OPEN,
    CURRENCIES,
    DEFAULT_ZONE,
    SIMULATED,
    US_SHARES,
    calendar_name,
    zone_of,
)

DAY = 86_400
NEVER = 2**40
YEAR_START, YEAR_END = 1_735_689_600, 1_767_225_600
"""The year 2025 in UTC, from which the length of an exchange's trading day is taken. It is fixed, so that annualised
values do not depend on when they are computed."""

_PRE_OPENS, _POST_SECONDS = 4 * 3600, 4 * 3600
"""US extended hours: from 04:00 local time, and until four hours after the close (17:00 on a half day)."""
_SUNDAY_TO_THURSDAY = {
    **dict.fromkeys(("Asia/Amman", "Asia/Bahrain", "Asia/Kuwait", "Asia/Muscat"), date.max),
    **dict.fromkeys(("Asia/Qatar", "Asia/Riyadh", "Africa/Cairo"), date.max),
    **dict.fromkeys(("Asia/Jerusalem", "Asia/Tel_Aviv"), date(2026, 1, 5)),
}
"""Time zones whose exchanges are closed on Fridays and Saturdays, and the date on which that ends."""
_ZONES = {"ASEX": "Europe/Athens", "XBSE": "Europe/Bucharest", "XTAE": "Asia/Jerusalem"}
"""Time zones of exchanges for which exchange_calendars has a name but no calendar."""


class SessionAt(NamedTuple):
    """The session at a time, and the bounds of the regular session of that day, in epoch seconds UTC.

    Outside trading days, `day_start` and `day_end` are those of the next regular session. During a lunch break the
    session is "closed" within the bounds; on Sunday evening, currencies are "regular" before the bounds.
    """

    name: str
    day_start: int
    day_end: int


class AlwaysOpen:
    """24/7 trading; the trading day is the UTC day."""

    zone = ZoneInfo("UTC")
    days_per_year, day_seconds = 365, DAY

    def at(self, second: int) -> SessionAt:
        """The session at `second`, in epoch seconds."""
        start = second - second % DAY
        return SessionAt("regular", start, start + DAY)

    def next_change(self, _: int) -> int:
        """It never opens or closes."""
        return NEVER


class Weekdays:
    """An exchange of which only the time zone is known: open all day on five days of the week."""

    days_per_year, day_seconds = 252, DAY

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._friday_off_until = _SUNDAY_TO_THURSDAY.get(zone.key, date.min)

    def at(self, second: int) -> SessionAt:
        """The session at `second`, in epoch seconds."""
        start, end = _day_in(self.zone, second, self._is_weekend)
        return SessionAt("regular" if start <= second else "closed", start, end)

    def _is_weekend(self, day: date) -> bool:
        weekend = (FRIDAY, SATURDAY) if day < self._friday_off_until else (SATURDAY, SUNDAY)
        return day.weekday() in weekend

    def next_change(self, second: int) -> int:
        """The next opening or closing time after `second`."""
        day = self.at(second)
        if day.name == "closed":
            return day.day_start
        while (following := self.at(day.day_end)).name == "regular":
            day = following
        return day.day_end


class CurrencyMarket:
    """Currencies: open as defined in `currency_hours`.

    The trading day is London's day from Monday to Friday, as at Yahoo, also on holidays. So Sunday evening is in
    intraday bars but in no daily bar; on Friday the day ends at midnight, hours after the last quote.
    """

    zone = ZoneInfo("Europe/London")
    days_per_year, day_seconds = 260, DAY

    def at(self, second: int) -> SessionAt:
        """The session at `second`, in epoch seconds."""
        bounds = _day_in(self.zone, second, lambda day: day.weekday() >= SATURDAY)
        return SessionAt("regular" if are_open(second) else "closed", *bounds)

    def next_change(self, second: int) -> int:
        """The next opening or closing time after `second`."""
        return next_change(second)


def _day_in(zone: ZoneInfo, second: int, rests: Callable[[date], bool]) -> LocalDay:
    """The local day that contains `second`, or the next one that is not a closed day."""
    day = datetime.fromtimestamp(second, zone).date()
    while rests(day):
        day += timedelta(days=1)
    return bounds_of(day, zone)


class SimulatedExchange:
    """The exchange of the simulated market: every day of the year, 02:00 to 22:00 UTC."""

    zone = ZoneInfo("UTC")
    opens, closes = 2 * 3600, 22 * 3600
    days_per_year, day_seconds = 365, closes - opens

    def at(self, second: int) -> SessionAt:
        """The session at `second`, in epoch seconds."""
        since_midnight = second % DAY
        midnight = second - since_midnight
        if since_midnight < self.opens:
            name = "pre"
        elif since_midnight < self.closes:
            name = "regular"
        else:
            name = "post"
        return SessionAt(name, midnight + self.opens, midnight + self.closes)

    def next_change(self, second: int) -> int:
        """The next opening or closing time of the regular session after `second`."""
        return _next_bound(self.at(second), second, self.at(second + DAY).day_start)


class Exchange:
    """The calendar of a real exchange. `code` is a name of exchange_calendars, such as XNYS.

    `known` are its sessions; without them they are taken from exchange_calendars, which takes a second.
    `day_seconds` is the most frequent length of a session without its break, in a fixed year.
    Raises ValueError if exchange_calendars can't create the calendar.
    """

    days_per_year = 252

    def __init__(self, code: str, known: ExchangeSessions | None = None) -> None:
        zone, sessions = known or sessions_of(code)
        self.zone = ZoneInfo(zone)
        self._opens = [session.opens for session in sessions]
        self._closes = [session.closes for session in sessions]
        self._breaks = {one.opens: one.break_bounds for one in sessions if one.break_bounds is not None}
        self.day_seconds = self._usual_day()
        self._has_extended_hours = code == US_SHARES

    def at(self, second: int) -> SessionAt:
        """The session at `second`, in epoch seconds; "closed" after the last extrapolated session."""
        index = bisect_right(self._opens, second) - 1
        if index >= 0 and second < self._closes[index]:
            opens, closes = self._opens[index], self._closes[index]
            return SessionAt("closed" if self._is_break(opens, second) else "regular", opens, closes)
        if self._has_extended_hours:
            for name, day in (("post", index), ("pre", index + 1)):
                if self._in_extended_hours(second, day):
                    return SessionAt(name, self._opens[day], self._closes[day])
        if index + 1 >= len(self._opens):
            return SessionAt("closed", NEVER, NEVER)
        return SessionAt("closed", self._opens[index + 1], self._closes[index + 1])

    def next_change(self, second: int) -> int:
        """The next opening or closing time of the regular session after `second`, including breaks."""
        session = self.at(second)
        for bound in self._breaks.get(session.day_start, ()):
            if session.day_start <= second < bound:
                return bound
        following = bisect_right(self._opens, second)
        return _next_bound(session, second, self._opens[following] if following < len(self._opens) else NEVER)

    def _is_break(self, opens: int, second: int) -> bool:
        start, end = self._breaks.get(opens, (NEVER, NEVER))
        return start <= second < end

    def _usual_day(self) -> int:
        """The most frequent session length in seconds: in the fixed year, or in the last year if that is unknown."""
        days = [
            (opens, closes)
            for opens, closes in zip(self._opens, self._closes, strict=True)
            if closes < YEAR_END
        ]
        of_year = [day for day in days if day[0] >= YEAR_START] or days[-self.days_per_year :]
        traded = []
        for opens, closes in of_year:
            start, end = self._breaks.get(opens, (0, 0))
            traded.append(closes - opens - (end - start))
        return mode(traded)

    def _in_extended_hours(self, second: int, day: int) -> bool:
        """Whether `second` is on trading day `day`, between 04:00 local time and four hours after the close."""
        if not 0 <= day < len(self._opens) or second >= self._closes[day] + _POST_SECONDS:
            return False
        now = datetime.fromtimestamp(second, self.zone)
        if now.date() != datetime.fromtimestamp(self._opens[day], self.zone).date():
            return False
        return now.hour * 3600 + now.minute * 60 + now.second >= _PRE_OPENS


def _next_bound(session: SessionAt, second: int, next_opens: int) -> int:
    """The first bound of the session after `second`, else the next opening."""
    for bound in session[1:]:
        if second < bound:
            return bound
    return next_opens


SessionCalendar = AlwaysOpen | Weekdays | CurrencyMarket | SimulatedExchange | Exchange

OURS: dict[str, SessionCalendar] = {
    ALWAYS_OPEN: AlwaysOpen(),
    CURRENCIES: CurrencyMarket(),
    SIMULATED: SimulatedExchange(),
}


@lru_cache(maxsize=256)
def calendar_of(exchange: str | None) -> SessionCalendar:
    """The calendar for an exchange's name.

    Without a name, trading is 24/7, as for coins. An unknown exchange is open on weekdays in the time zone given with
    its name, else in New York's.
    """
    if not exchange:
        return AlwaysOpen()
    name = calendar_name(exchange)
    return Weekdays(zone_of(exchange) or ZoneInfo(DEFAULT_ZONE)) if name is None else _calendar(name)


@lru_cache(maxsize=128)
def _calendar(name: str) -> SessionCalendar:
    """The calendar by its canonical name, shared by all names of an exchange."""
    if name in OURS:
        return OURS[name]
    with suppress(ValueError):
        return Exchange(name)
    return Weekdays(ZoneInfo(_ZONES.get(name, "UTC")))


def periods_per_year(calendar: SessionCalendar, seconds: int) -> float:
    """The number of regular-session bars of `seconds` in a year; a bar of a day or longer counts as a day."""
    return calendar.days_per_year * max(1.0, calendar.day_seconds / seconds)
