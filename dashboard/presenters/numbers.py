"""How numbers and times are written in sentences, to the letter as the page writes them (assets/1_format.js). Pure.

None, and what is no finite number, is written as a dash.
"""

from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_UP, Context, Decimal
from math import isfinite

LONG = Context(prec=60)
"""Every digit of any price with any number of decimals."""
MINUS, UNKNOWN = "\u2212", "\u2013"
SIGNS = {
    "USD": "$", "EUR": "\u20ac", "GBP": "\u00a3", "JPY": "\u00a5", "CNY": "CN\u00a5", "INR": "\u20b9", "KRW": "\u20a9",
    "HKD": "HK$", "CAD": "CA$", "AUD": "A$", "TWD": "NT$", "BRL": "R$", "ILS": "\u20aa",
}  # fmt: skip
"""What is written before a price; that of another currency is written without."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")


def plain(value: float | None, decimals: int) -> str:
    """A number with thousands signs, rounded half up from its shortest decimal form as browsers do."""
    if value is None or not isfinite(value):
        return UNKNOWN
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, LONG)
    return f"{abs(rounded) if rounded == 0 else rounded:,f}".replace("-", MINUS)


def price(value: float | None, decimals: int, currency: str | None) -> str:
    """A price with the sign of its currency before it, and a minus before that."""
    text, sign = plain(value, decimals), SIGNS.get(currency or "", "")
    if text == UNKNOWN:
        return text
    return MINUS + sign + text[1:] if text.startswith(MINUS) else sign + text


def percent(share: float | None, decimals: int) -> str:
    """A share in percent, 0.5 as 50 %."""
    return UNKNOWN if share is None else f"{plain(share * 100, decimals)}\u00a0%"


def moment(second: float, zone: tzinfo, now: float) -> str:
    """When something was, as seen from `now`: the time of today, else with its day, else its day and year."""
    then, today = (datetime.fromtimestamp(each, UTC).astimezone(zone) for each in (second, now))
    if then.date() == today.date():
        return f"{then:%H:%M:%S}"
    day = f"{then.day} {MONTHS[then.month - 1]}"
    return f"{day} {then.year}" if then.year != today.year else f"{day} {then:%H:%M}"
