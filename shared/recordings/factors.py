"""Splits and dividends from a LEAN factor file, such as equity/usa/factor_files/aapl.csv.

A row is date,price_factor,split_factor,reference_price without a header. Its factors apply to prices up to and
including that date: adjusted price = price * price_factor * split_factor; the reference price is the close of that
date. If the next row has other factors, a split or dividend took effect on the trading day after the date:

    split ratio = next split_factor / split_factor
    dividend    = reference_price * (1 - price_factor / next price_factor)

because a dividend scales earlier prices by (close - dividend) / close. Source of format and formulas: factor files of
QuantConnect's LEAN (Common/Data/Auxiliary, CorporateFactorRow).

Rows that LEAN's own reader skips are skipped and logged here too: rows with a factor that has an exponent or is
infinite, and so has lost its digits; rows whose factors are not positive or too small; and the second of two rows of a
date. Blank lines are skipped. As in LEAN, rows may be in any order, may lack the reference price (then there is no
dividend), and may have a further column with their source.
"""

import logging
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from shared.calendars.calendars import NEVER, calendar_of
from shared.errors import ConfigError

MAX_SHARE = 100
"""Split ratios consist of small integers: 7 for 1, 3 for 2."""
ROUNDING = 1e-5
"""Factors are rounded, so their quotient may differ from the ratio by this relative error."""
DIVIDEND_DIGITS = 3
"""The rounded factors determine a dividend to a tenth of a cent."""
MIN_FACTOR = 1e-28
"""LEAN has 28 decimals: smaller numbers are zero."""

log = logging.getLogger("tickstream.replay")


class Factors(NamedTuple):
    """A row: `date` is the midnight at the start of its date, in the exchange's time zone."""

    date: datetime
    price: float
    split: float
    reference: float


class Change(NamedTuple):
    """A split or dividend that took effect at `time`, the midnight at the start of the ex-date, in UTC."""

    time: datetime
    action: Literal["split", "dividend"]
    value: float


def changes(path: Path, exchange: str, zone: ZoneInfo) -> list[Change]:
    """All splits and dividends of a factor file in time order. Raises ConfigError if a row can't be read."""
    rows = sorted(_rows(path, zone).values(), key=lambda row: row.date)
    found = [change for row, following in pairwise(rows) for change in _between(row, following, exchange)]
    for change in found:
        if change.value <= 0:
            log.warning(
                "%s: the dividend of %s at %s is not positive and was skipped.",
                path,
                change.value,
                change.time.date(),
            )
    return [change for change in found if change.value > 0]


def _rows(path: Path, zone: ZoneInfo) -> dict[datetime, Factors]:
    """The rows by date, without skipped ones."""
    found: dict[datetime, Factors] = {}
    for line, text in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").splitlines(), start=1):
        if not text.strip():
            continue
        if "inf" in text or "e+" in text.lower():
            _log_skipped(path, line, "its factor has lost digits")
            continue
        row = _row(path, line, text, zone)
        if not (row.price * row.split > 0 and min(abs(row.price), abs(row.split)) > MIN_FACTOR):
            _log_skipped(path, line, "its factors are not positive")
        elif row.date in found:
            _log_skipped(path, line, "an earlier row has the same date")
        else:
            found[row.date] = row
    return found


def _row(path: Path, line: int, text: str, zone: ZoneInfo) -> Factors:
    """Parse a row. Raises ConfigError if it can't be read."""
    try:
        date, price, split, *others = text.split(",")
        day = datetime.strptime(date, "%Y%m%d").replace(tzinfo=zone)
        row = Factors(day, float(price), float(split), float(others[0]) if others else 0.0)
        if math.inf in map(abs, row[1:]):
            raise ValueError("a number is too large")
        return row
    except ValueError as error:
        raise ConfigError(f"{path}, line {line}: {error}.") from error


def _log_skipped(path: Path, line: int, reason: str) -> None:
    log.warning("%s, line %d was skipped: %s.", path, line, reason)


def _between(row: Factors, following: Factors, exchange: str) -> Iterator[Change]:
    """The split and dividend between two rows; a dividend that rounds to zero is ignored."""
    if row.split != following.split:
        yield Change(_ex_date(row.date, exchange), "split", _ratio(following.split / row.split))
    if row.price != following.price:
        paid = round(row.reference * (1 - row.price / following.price), DIVIDEND_DIGITS)
        if paid:
            yield Change(_ex_date(row.date, exchange), "dividend", paid)


def _ex_date(date: datetime, exchange: str) -> datetime:
    """The midnight at the start of the first trading day after `date`, in UTC."""
    next_midnight = date + timedelta(days=1)
    opening = calendar_of(exchange).at(int(next_midnight.timestamp())).day_start
    trading_day = next_midnight if opening == NEVER else datetime.fromtimestamp(opening, date.tzinfo)
    return trading_day.replace(hour=0, minute=0, second=0).astimezone(UTC)


def _ratio(quotient: float) -> float:
    """The ratio of small integers closest to the quotient; the quotient itself if none is close."""
    exact = float(Fraction(quotient).limit_denominator(MAX_SHARE))
    return exact if abs(exact / quotient - 1) < ROUNDING else quotient
