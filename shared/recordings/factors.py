"""Splits and dividends as a LEAN factor file tells them: equity/usa/factor_files/aapl.csv.

A row is date,price_factor,split_factor,reference_price without a header. Its factors hold for prices up to and with
that date: adjusted price = price * price_factor * split_factor; the reference price is the close of that date. Where
the row behind it has other factors, something took effect on the trading day after the date:

    split ratio = next split_factor / split_factor
    dividend    = reference_price * (1 - price_factor / next price_factor)

because a dividend scales what came before it by (close - dividend) / close. Source of format and formulas: factor
files of QuantConnect's LEAN (Common/Data/Auxiliary, CorporateFactorRow).

What LEAN's own reader passes over is passed over here, and logged: rows with a factor written with an exponent or as
infinite, which has lost its digits, rows whose factors' product is not positive or too small for it, blank lines, and
of two rows of one date the second. As there, rows may stand in any order, may lack the reference price, which then
tells no dividend, and may name their source behind it.
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

LARGEST_SHARE = 100
"""Splits are of small whole numbers: 7 for 1, 3 for 2."""
ROUNDING = 1e-5
"""A file rounds its factors; that far may their quotient lie from the ratio."""
DIVIDEND_DIGITS = 3
"""A tenth of a cent is what the rounded factors still tell."""
LEAST_FACTOR = 1e-28
"""LEAN keeps 28 decimals: what is smaller is nothing."""

log = logging.getLogger("tickstream.replay")


class Factors(NamedTuple):
    """A row: `date` is the midnight that begins it, in the exchange's zone."""

    date: datetime
    price: float
    split: float
    reference: float


class Change(NamedTuple):
    """What took effect at `time`, the midnight that begins the ex-date, UTC."""

    time: datetime
    action: Literal["split", "dividend"]
    value: float


def changes(path: Path, exchange: str, zone: ZoneInfo) -> list[Change]:
    """All splits and dividends of a factor file in order of time. Raises ConfigError where a row can't be read."""
    rows = sorted(_rows(path, zone).values(), key=lambda row: row.date)
    found = [change for row, following in pairwise(rows) for change in _between(row, following, exchange)]
    for change in found:
        if change.value <= 0:
            log.warning("%s: the dividend of %s at %s is left out.", path, change.value, change.time.date())
    return [change for change in found if change.value > 0]


def _rows(path: Path, zone: ZoneInfo) -> dict[datetime, Factors]:
    """The rows by their dates, without those that are passed over."""
    found: dict[datetime, Factors] = {}
    for line, text in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").splitlines(), start=1):
        if not text.strip():
            continue
        if "inf" in text or "e+" in text.lower():
            _passed_over(path, line, "its factor has lost its digits")
            continue
        row = _row(path, line, text, zone)
        if not (row.price * row.split > 0 and min(abs(row.price), abs(row.split)) > LEAST_FACTOR):
            _passed_over(path, line, "its factors are not positive")
        elif row.date in found:
            _passed_over(path, line, "an earlier one has its date")
        else:
            found[row.date] = row
    return found


def _row(path: Path, line: int, text: str, zone: ZoneInfo) -> Factors:
    """Raises ConfigError where the row can't be read."""
    try:
        date, price, split, *others = text.split(",")
        day = datetime.strptime(date, "%Y%m%d").replace(tzinfo=zone)
        row = Factors(day, float(price), float(split), float(others[0]) if others else 0.0)
        if math.inf in map(abs, row[1:]):
            raise ValueError("a number is too large")
        return row
    except ValueError as error:
        raise ConfigError(f"{path}, line {line}: {error}.") from error


def _passed_over(path: Path, line: int, reason: str) -> None:
    log.warning("%s, line %d is passed over: %s.", path, line, reason)


def _between(row: Factors, following: Factors, exchange: str) -> Iterator[Change]:
    """What took effect between two rows; a dividend of less than what the factors tell is none."""
    if row.split != following.split:
        yield Change(_ex_date(row.date, exchange), "split", _ratio(following.split / row.split))
    if row.price != following.price:
        paid = round(row.reference * (1 - row.price / following.price), DIVIDEND_DIGITS)
        if paid:
            yield Change(_ex_date(row.date, exchange), "dividend", paid)


def _ex_date(date: datetime, exchange: str) -> datetime:
    """The midnight that begins the first trading day behind `date`, UTC."""
    next_midnight = date + timedelta(days=1)
    opening = calendar_of(exchange).at(int(next_midnight.timestamp())).day_start
    trading_day = next_midnight if opening == NEVER else datetime.fromtimestamp(opening, date.tzinfo)
    return trading_day.replace(hour=0, minute=0, second=0).astimezone(UTC)


def _ratio(quotient: float) -> float:
    """The ratio of small whole numbers that the quotient stands for; the quotient itself where it is near none."""
    exact = float(Fraction(quotient).limit_denominator(LARGEST_SHARE))
    return exact if abs(exact / quotient - 1) < ROUNDING else quotient
