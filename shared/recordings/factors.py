"""Splits and dividends as a LEAN factor file tells them: equity/usa/factor_files/aapl.csv.

A row is date,price_factor,split_factor,reference_price without a header. Its factors hold for prices up to and with
that date: adjusted price = price * price_factor * split_factor; the reference price is the close of that date. Where
the row behind it has other factors, something took effect on the trading day after the date:

    split ratio = next split_factor / split_factor
    dividend    = reference_price * (1 - price_factor / next price_factor)

because a dividend scales what came before it by (close - dividend) / close. Source of format and formulas: factor
files of QuantConnect's LEAN (Common/Data/Auxiliary, CorporateFactorRow).
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from shared.calendars import calendar_of
from shared.errors import ConfigError

LARGEST_SHARE = 100
"""Splits are of small whole numbers: 7 for 1, 3 for 2."""
ROUNDING = 1e-5
"""A file rounds its factors; that far may their quotient lie from the ratio."""
DIVIDEND_DIGITS = 3
"""A tenth of a cent is what the rounded factors still tell."""


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
    found: list[Change] = []
    for line, (row, following) in enumerate(pairwise(_rows(path, zone)), start=1):
        try:
            found += _between(row, following, exchange)
        except (ValueError, ZeroDivisionError) as error:
            raise ConfigError(f"{path}, line {line}: {error}.") from error
    return found


def _rows(path: Path, zone: ZoneInfo) -> Iterator[Factors]:
    with path.open(newline="", encoding="ascii") as file:
        for line, row in enumerate(csv.reader(file), start=1):
            try:
                date, price, split, reference = row
                day = datetime.strptime(date, "%Y%m%d").replace(tzinfo=zone)
                yield Factors(day, *map(float, (price, split, reference)))
            except ValueError as error:
                raise ConfigError(f"{path}, line {line}: {error}.") from error


def _between(row: Factors, following: Factors, exchange: str) -> Iterator[Change]:
    """Raises ValueError where the factors of two rows can't follow each other."""
    if row.split != following.split:
        yield Change(_ex_date(row.date, exchange), "split", _ratio(following.split / row.split))
    if row.price != following.price:
        paid = round(row.reference * (1 - row.price / following.price), DIVIDEND_DIGITS)
        if not paid > 0:
            raise ValueError(f"price factor {row.price} before {following.price} makes no dividend")
        yield Change(_ex_date(row.date, exchange), "dividend", paid)


def _ex_date(date: datetime, exchange: str) -> datetime:
    """The midnight that begins the first trading day behind `date`, UTC."""
    next_midnight = date + timedelta(days=1)
    opening = calendar_of(exchange).at(int(next_midnight.timestamp())).day_start
    trading_day = datetime.fromtimestamp(opening, date.tzinfo)
    return trading_day.replace(hour=0, minute=0, second=0).astimezone(UTC)


def _ratio(quotient: float) -> float:
    """The ratio of small whole numbers that the quotient stands for; the quotient itself where it is near none."""
    exact = float(Fraction(quotient).limit_denominator(LARGEST_SHARE))
    return exact if abs(exact / quotient - 1) < ROUNDING else quotient
