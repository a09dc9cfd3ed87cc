"""Formats numbers and times in sentences exactly as the page does (assets/1_format.js). Pure.

None and values that are not finite are written as a dash.
"""

from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_UP, Context, Decimal
from math import isfinite

LONG = Context(prec=60)
"""Enough digits for any price with any number of decimals."""
MINUS, UNKNOWN = "\u2212", "\u2013"
SIGNS = {
    "USD": "$", "EUR": "\u20ac", "GBP": "\u00a3", "JPY": "\u00a5", "CNY": "CN\u00a5", "INR": "\u20b9", "KRW": "\u20a9",
    "HKD": "HK$", "CAD": "CA$", "AUD": "A$", "TWD": "NT$", "BRL": "R$", "ILS": "\u20aa",
}  # fmt: skip
"""The signs written before prices; prices in other currencies have none."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")


def plain(value: float | None, decimals: int) -> str:
    """A number with thousands separators, rounded half up from its shortest decimal form as browsers do."""
    if value is None or not isfinite(value):
        return UNKNOWN
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, LONG)
    return f"{abs(rounded) if rounded == 0 else rounded:,f}".replace("-", MINUS)


def price(value: float | None, decimals: int, currency: str | None) -> str:
    """A price with its currency sign, which follows a minus."""
    text, sign = plain(value, decimals), SIGNS.get(currency or "", "")
    if text == UNKNOWN:
        return text
    return MINUS + sign + text[1:] if text.startswith(MINUS) else sign + text


def percent(share: float | None, decimals: int) -> str:
    """A fraction in percent: 0.5 is 50 %."""
    return UNKNOWN if share is None else f"{plain(share * 100, decimals)}\u00a0%"


def moment(second: float, zone: tzinfo, now: float) -> str:
    """A time relative to `now`: today's as HH:MM:SS, this year's as day and HH:MM, others as a date."""
    then, today = (datetime.fromtimestamp(each, UTC).astimezone(zone) for each in (second, now))
    if then.date() == today.date():
        return f"{then:%H:%M:%S}"
    day = f"{then.day} {MONTHS[then.month - 1]}"
    return f"{day} {then.year}" if then.year != today.year else f"{day} {then:%H:%M}"
