"""Parses the fields of a CSV row (times, amounts, names) into a quote or bar."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import msgspec

from shared.market.exchanges import is_known
from shared.market.records import AMOUNT_LIMIT, EPOCH, Quote, Record, RecordedBar, RecordedInterval, Symbol
from shared.market.side_fields import QUOTE_FIGURES
from shared.market.trade_conditions import TAPE
from shared.recordings.intervals import INTERVALS
from shared.recordings.rows import LATEST, SOURCE, bar_end, bar_order, quote_order

QUOTE_TEXTS = ("currency", "exchange", "session")
CONDITIONS = "conditions"
WITHOUT_MEANING = str.maketrans("", "", "@ ,")
"""Removes the sign of a regular sale, and what may stand between two codes."""
NUMBER = re.compile(r"\d\d")
DIGIT_CODES = re.compile("[4-9]1")
"""Two digits that may be two codes: no other condition with a digit occurs together with another one."""
BAR_AMOUNTS = ("open", "high", "low", "close", "volume")
BAR_TEXTS = ("currency", "exchange")
TEXT_LIMIT = 64
EARLIEST = 10**8
"""Smallest number accepted as epoch time, so that a date such as 20240102 is not."""
UNITS = {10**11: 1_000_000, 10**14: 1_000, 10**17: 1}
"""Microseconds per unit of an epoch time below each bound, which is the year 5138 in every unit."""
NANOSECONDS_BELOW = 10**20
ROUNDED = re.compile(r"[-+]?\d\.\d{5}E[-+]\d{2,3}")
"""How a spreadsheet writes a number that it rounded to six digits."""

Fields = dict[str, str]
Placed = tuple[int, Callable[[int], Record]]


def placed_quote(fields: Fields) -> Placed:
    """The order of a quote in time, and a function that creates it. Raises ValueError if a field is invalid."""
    microsecond = microsecond_of("event_time", fields)
    event_time = EPOCH + timedelta(microseconds=microsecond)
    values: dict[str, Any] = {"symbol": _symbol(fields), "price": _price(fields)}
    values |= {name: _amount(name, fields) for name in QUOTE_FIGURES if fields.get(name)}
    values |= {name: _text(name, fields) for name in QUOTE_TEXTS if fields.get(name)}
    values |= {CONDITIONS: _conditions(fields[CONDITIONS])} if fields.get(CONDITIONS) else {}
    values |= {"source": SOURCE, "event_time": event_time, "received_time": event_time}
    return quote_order(microsecond), lambda position: Quote(position=position, **values)


def placed_bar(intervals: Mapping[str, RecordedInterval], fields: Fields) -> Placed:
    """Likewise for a bar; `intervals` holds the interval of each symbol, if there is no interval column."""
    interval = _interval(fields["interval"] if "interval" in fields else intervals[fields["symbol"]])
    start, rest = divmod(microsecond_of("start", fields), 1_000_000)
    if rest:
        raise ValueError("start is not at a whole second")
    end = bar_end(interval, start, fields.get("exchange"))
    values: dict[str, Any] = {"symbol": _symbol(fields), "interval": interval}
    values |= {name: _amount(name, fields) for name in BAR_AMOUNTS if name != "volume" or fields[name]}
    values |= {name: _text(name, fields) for name in BAR_TEXTS if fields.get(name)}
    values |= {"source": SOURCE, "start": _utc(start), "received_time": _utc(end)}
    return bar_order(end), lambda position: RecordedBar(position=position, **values)


def _utc(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _interval(text: str | None) -> RecordedInterval:
    if text not in INTERVALS:
        raise ValueError(f"interval {text!r} is not one of {', '.join(INTERVALS)}")
    return text


def _symbol(fields: Fields) -> str:
    return msgspec.convert(fields["symbol"], Symbol)


def _text(name: str, fields: Fields) -> str:
    if len(fields[name]) > TEXT_LIMIT:
        raise ValueError(f"{name} is longer than {TEXT_LIMIT} characters")
    if name == "exchange" and not is_known(fields[name]):
        raise ValueError(
            f"exchange {fields[name]!r} is unknown: use a code such as NMS, XNYS or LSE, its name as"
            " written by Yahoo, its code and time zone as XYZ@Europe/Belgrade, or 24/7"
        )
    return fields[name]


@lru_cache(maxsize=1024)
def _conditions(text: str) -> str | None:
    """The codes of sale conditions; None if there is only that of a regular sale."""
    codes = text.translate(WITHOUT_MEANING)
    is_number = any(not DIGIT_CODES.fullmatch(number) for number in NUMBER.findall(text))
    if is_number or len(codes) > TEXT_LIMIT or not TAPE.keys() >= set(codes):
        raise ValueError(
            f"conditions {text[:TEXT_LIMIT]!r} are no codes of sale conditions: use the characters of the UTP"
            " Plan's trade feed, such as FI, not the numbers or names of a provider"
        )
    return codes or None


def _price(fields: Fields) -> float:
    """The price of a quote, which may be negative; the record checks whether that is valid."""
    text = fields["price"]
    amount = _amount("price", {"price": text.removeprefix("-")})
    return -amount if text.startswith("-") else amount


def _amount(name: str, fields: Fields) -> float:
    """A number from 0 to the largest that a message may hold."""
    if ROUNDED.fullmatch(fields[name]):
        raise ValueError(
            f"{name} {fields[name]!r} was rounded to six digits by a spreadsheet: export the column with all"
            " its digits"
        )
    try:
        amount = float(fields[name])
    except ValueError:
        amount = math.nan
    if not 0 <= amount <= AMOUNT_LIMIT:
        raise ValueError(f"{name} is not a number from 0 to 1e18: {fields[name]!r}")
    return amount


def microsecond_of(name: str, fields: Fields) -> int:
    """A time as epoch microseconds."""
    text = fields[name]
    try:
        number = Decimal(text)
    except InvalidOperation:
        return _iso_microsecond_of(name, text)
    if "e" in text.lower() and number.is_finite():
        raise ValueError(
            f"{name} {text!r} was rounded by a spreadsheet and has lost its last digits: export the column as text"
        )
    if not number.is_finite() or not EARLIEST <= number < NANOSECONDS_BELOW:
        raise ValueError(
            f"{name} {text!r} is not an epoch time in seconds, milliseconds, microseconds or nanoseconds"
        )
    unit = next((unit for bound, unit in UNITS.items() if number < bound), None)
    return int(number // 1_000) if unit is None else int(number * unit)


def _iso_microsecond_of(name: str, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} {text!r} is neither an ISO 8601 time nor an epoch time") from None
    if moment.tzinfo is None:
        raise ValueError(f"{name} {text!r} has no time zone: append +00:00, -05:00 or Z")
    since = moment - EPOCH
    if not timedelta(0) <= since < LATEST - EPOCH:
        raise ValueError(f"{name} {text!r} is before 1970 or after 9998")
    return since // timedelta(microseconds=1)
