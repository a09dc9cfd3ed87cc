"""Does another wording of a text still say its numbers, and no others? Pure."""

import re
from decimal import Decimal
from unicodedata import normalize

LONGEST = 2.0
"""A wording may be so many times as long as its text."""
_NUMBER = re.compile(
    r"(?P<minus>(?<![\w.,%)])[-\u2212\u2013][$\u20ac\u00a3\u00a5\u20b9\u20a9\u20aa]?)?"
    r"(?P<clock>\d+(?::\d+)+)?"
    r"(?(clock)|(?P<whole>\d+(?:[,'\u2019]\d{3}(?!\d))*)(?P<part>\.\d+)?)"
    r"(?P<unit>[^\W\d_]*)"
)
"""A time of day, or a number with its thousands signs, its sign, and the letters that follow at once: 5k is not 5."""


def numbers(text: str) -> set[str]:
    """The numbers of a text in one notation each: 1,204.50 as 1204.5, whatever its minus, without its percent sign."""
    return {_notation(found) for found in _NUMBER.finditer(normalize("NFKC", text))}


def _notation(found: re.Match[str]) -> str:
    minus, unit = "-" if found["minus"] else "", found["unit"].lower()
    if found["clock"]:
        return f"{minus}{found['clock']}{unit}"
    digits = re.sub(r"\D", "", found["whole"]) + (found["part"] or "")
    value = Decimal(digits)
    return f"{minus if value else ''}{value.normalize():f}{unit}"


def objection(text: str, wording: str) -> str | None:
    """Why `wording` may not stand for `text`; None where it may.

    It must say something, not be too long, and hold no number that the text does not. Of words nothing is asked: what
    they mean can't be checked, so the page says who wrote them.
    """
    if not wording.strip():
        return "it is empty"
    if len(wording) > LONGEST * len(text):
        return "it is too long"
    invented = numbers(wording) - numbers(text)
    return "it holds a number that the text does not" if invented else None
