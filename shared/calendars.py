"""Sessions of an exchange: pre, regular, post, closed; holidays and half days from exchange_calendars."""

from bisect import bisect_right
from contextlib import suppress
from datetime import datetime, time, timedelta
from functools import lru_cache
from statistics import mode
from typing import NamedTuple
from zoneinfo import ZoneInfo

import exchange_calendars

SIMULATED = "SIMULATED"
ALWAYS_OPEN = "24/7"
DAY = 86_400
SATURDAY = 5
FIRST_SESSIONS = ("1990-01-01", "1998-01-01", "2018-01-01", "2022-01-01")
"""Where calendars begin: the first of these that the records of an exchange reach back to."""
NEVER = 2**40

_NEW_YORK = (
    *("XNYS", "NYSE", "NASDAQ", "XNAS", "ARCX", "BATS", "OOTC", "XASE"),
    *("NMS", "NYQ", "NAS", "NGM", "NCM", "ASE", "PCX", "BTS"),
    *("PNK", "OQB", "OQX", "OEM", "SNP", "DJI", "NIM", "WCB", "CBO", "CXI", "OPR"),
)
CURRENCIES = "CCY"
_YAHOO_CODES = """
    LSE=XLON IOB=XLON FGI=XLON ISE=XDUB
    GER=XETR FRA=XFRA STU=XSTU HAM=XHAM DUS=XDUS
    PAR=XPAR AMS=XAMS BRU=XBRU LIS=XLIS MIL=XMIL MCE=XMAD
    EBS=XSWX VIE=XWBO WSE=XWAR PRA=XPRA BUD=XBUD ATH=ASEX
    STO=XSTO CPH=XCSE HEL=XHEL OSL=XOSL ICE=XICE
    TAL=XTAL RIS=XRIS LIT=XLIT MCX=XMOS IST=XIST
    TLV=XTAE SAU=XSAU JNB=XJSE
    JPX=XTKS OSA=XTKS HKG=XHKG SHH=XSHG SHZ=XSHG
    TAI=XTAI TWO=XTAI KSC=XKRX KOE=XKRX NSI=XBOM BSE=XBOM
    SES=XSES KLS=XKLS JKT=XIDX SET=XBKK PHS=XPHS KAR=XKAR
    ASX=XASX CXA=XASX NZE=XNZE
    TOR=XTSE VAN=XTSE CNQ=XTSE NEO=XTSE MEX=XMEX
    SAO=BVMF BUE=XBUE SGO=XSGO BVC=XBOG LIM=XLIM
    CMX=CMES NYM=CMES CBT=CMES CME=CMES NYB=IEPA
"""
"""Yahoo's codes of exchanges and the calendar of each; one without its own has that of its neighbour.

Mumbai's two, China's two and Korea's two keep the same days; futures are those of CME Group, and of ICE (NYB).
"""
_YAHOO = {code: name for code, _, name in (pair.partition("=") for pair in _YAHOO_CODES.split())}
_PRE_OPENS, _POST_ENDS = 4 * 3600, 20 * 3600
"""US extended hours, local seconds since midnight: 04:00 to 20:00."""


class SessionAt(NamedTuple):
    """Which session holds at a moment, and the bounds of the regular session of that day, epoch seconds UTC.

    Outside every trading day `day_start` and `day_end` are those of the next regular session.
    """

    name: str
    day_start: int
    day_end: int


class AlwaysOpen:
    """Trading around the clock; the day is the UTC day."""

    zone = ZoneInfo("UTC")
    days_per_year, day_seconds = 365, DAY

    def at(self, second: int) -> SessionAt:
        """The session at `second`, epoch seconds."""
        start = second - second % DAY
        return SessionAt("regular", start, start + DAY)


class CurrencyMarket:
    """Currencies: around the clock from Monday to Friday. The day is London's, as Yahoo cuts it."""

    zone = ZoneInfo("Europe/London")
    days_per_year, day_seconds = 260, DAY

    def at(self, second: int) -> SessionAt:
        """The session at `second`, epoch seconds."""
        date = datetime.fromtimestamp(second, self.zone).date()
        to_monday = 7 - date.weekday() if date.weekday() >= SATURDAY else 0
        day = datetime.combine(date + timedelta(days=to_monday), time(), self.zone)
        bounds = int(day.timestamp()), int((day + timedelta(days=1)).timestamp())
        return SessionAt("closed" if to_monday else "regular", *bounds)


class SimulatedExchange:
    """The exchange of the simulated market: every day of the year, 02:00 to 22:00 UTC."""

    zone = ZoneInfo("UTC")
    opens, closes = 2 * 3600, 22 * 3600
    days_per_year, day_seconds = 365, closes - opens

    def at(self, second: int) -> SessionAt:
        """The session at `second`, epoch seconds."""
        since_midnight = second % DAY
        midnight = second - since_midnight
        if since_midnight < self.opens:
            name = "pre"
        elif since_midnight < self.closes:
            name = "regular"
        else:
            name = "post"
        return SessionAt(name, midnight + self.opens, midnight + self.closes)


class Exchange:
    """A real exchange's calendar. `code` is a name that exchange_calendars knows, such as XNYS.

    A year of sessions says how long a day is: the last one known may be a half day.
    Raises ValueError where exchange_calendars fails to make the calendar.
    """

    days_per_year = 252

    def __init__(self, code: str) -> None:
        calendar = _longest_calendar(code)
        self.zone = ZoneInfo(str(calendar.tz))
        self._opens: list[int] = [int(moment.timestamp()) for moment in calendar.opens]
        self._closes: list[int] = [int(moment.timestamp()) for moment in calendar.closes]
        year = slice(-self.days_per_year, None)
        days = zip(self._opens[year], self._closes[year], strict=True)
        self.day_seconds = mode(closes - opens for opens, closes in days)
        self._has_extended_hours = code == "XNYS"

    def at(self, second: int) -> SessionAt:
        """The session at `second`, epoch seconds; past the calendar's last year it is closed for ever."""
        index = bisect_right(self._opens, second) - 1
        if index >= 0 and second < self._closes[index]:
            return SessionAt("regular", self._opens[index], self._closes[index])
        if self._has_extended_hours:
            for name, day in (("post", index), ("pre", index + 1)):
                if self._in_extended_hours(second, day):
                    return SessionAt(name, self._opens[day], self._closes[day])
        if index + 1 >= len(self._opens):
            return SessionAt("closed", NEVER, NEVER)
        return SessionAt("closed", self._opens[index + 1], self._closes[index + 1])

    def _in_extended_hours(self, second: int, day: int) -> bool:
        """Whether `second` lies on trading day `day`, within 04:00 to 20:00 of local time."""
        if not 0 <= day < len(self._opens):
            return False
        now = datetime.fromtimestamp(second, self.zone)
        if now.date() != datetime.fromtimestamp(self._opens[day], self.zone).date():
            return False
        return _PRE_OPENS <= now.hour * 3600 + now.minute * 60 + now.second < _POST_ENDS


def _longest_calendar(code: str) -> exchange_calendars.ExchangeCalendar:
    """The calendar that reaches back farthest. Raises ValueError where there is none."""
    for first in FIRST_SESSIONS:
        try:
            return exchange_calendars.get_calendar(code, start=first)
        except (ValueError, NotImplementedError) as error:
            reason = error
    raise ValueError(f"no calendar of {code}: {reason}") from reason


SessionCalendar = AlwaysOpen | CurrencyMarket | SimulatedExchange | Exchange


@lru_cache(maxsize=64)
def calendar_of(exchange: str | None) -> SessionCalendar:
    """The calendar of an exchange's name; one that nobody knows, or can make a calendar of, trades around the clock."""
    if exchange in _NEW_YORK:
        return _new_york()
    if exchange == SIMULATED:
        return SimulatedExchange()
    if exchange == CURRENCIES:
        return CurrencyMarket()
    if exchange in _YAHOO:
        return calendar_of(_YAHOO[exchange])
    if exchange in exchange_calendars.get_calendar_names() and exchange != ALWAYS_OPEN:
        with suppress(ValueError):
            return Exchange(str(exchange))
    return AlwaysOpen()


@lru_cache(maxsize=1)
def _new_york() -> Exchange:
    """One calendar for all the names of New York's exchanges."""
    return Exchange("XNYS")


def periods_per_year(calendar: SessionCalendar, seconds: int) -> float:
    """How many regular-session bars of `seconds` a year holds; a bar of a day or longer counts as a day."""
    return calendar.days_per_year * max(1.0, calendar.day_seconds / seconds)
