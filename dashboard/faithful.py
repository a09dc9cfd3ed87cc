"""Does another wording of a text still say its numbers, and no others? Pure.

A wording is thrown away at the least doubt: then the text itself stays, and nothing is lost.
"""

import re
from unicodedata import category, decimal, normalize, numeric

from dashboard.number_words import CARDINALS, JOINTS, says_number

LONGEST = 2.0
"""A wording may be so many times as long as its text."""
MARKUP = frozenset("{}[]<>`|\\*_#~^=&@")
"""What sentences don't need: markup, code and data may show or hide anything."""
HIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Me"}
"""Categories of characters that nobody sees, and of those drawn around others."""

_SIGN = r"(?P<minus>(?<![\w.,%)])[-\u2212\u2013][$\u20ac\u00a3\u00a5\u20b9\u20a9\u20aa]?)?"
_NUMBER = re.compile(
    _SIGN + r"(?P<digits>\d+(?:(?:[.,:/\u2044'\u2019\u00b7^]| (?=\d{3}(?!\d)))\d+)*)" + r"(?P<unit>[^\W\d_]*)"
)
"""Digits with all that may join them, their sign, and the letters that follow at once: 5k is not 5."""
_PLAIN = re.compile(r"(?P<whole>\d{1,3}(?:[,'\u2019]\d{3})+|\d+)(?:\.(?P<part>\d+))?")
_WORD = re.compile(r"(?<!\w)[^\W\d_]+")
_ROMAN = re.compile(r"\b(?=[MDCLXVI]{2,}\b)M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})\b")


def numbers(text: str) -> set[str]:
    """The numbers of a text in one notation each: 1,204.50 as 1204.5, two as 2, whatever its minus, without its percent
    sign. What has no such notation stands as it is written: half, 1/2, 1,2, twenty-one."""
    signs, rest = _signs_apart(text)
    found = {_notation(number) for number in _NUMBER.finditer(rest)}
    return signs | found | set(_ROMAN.findall(rest)) | _worded(rest)


def _signs_apart(text: str) -> tuple[set[str], str]:
    """Signs that are numbers and no digits, ½ and ② and 五, and the text without them, its digits those of ASCII.

    One that touches digits makes another number of both: 10³ is not 103.
    """
    signs: set[str] = set()
    rest: list[str] = []
    for position, sign in enumerate(text):
        if (digit := decimal(sign, None)) is not None:
            rest.append(str(digit))
        elif (value := numeric(sign, None)) is not None:
            touches = any(
                each.isnumeric() for each in text[max(0, position - 1) : position + 2] if each != sign
            )
            signs.add(sign if touches else f"{value:.15g}")
            rest.append(" ")
        else:
            rest.append(normalize("NFKC", sign))
    return signs, "".join(rest)


def _notation(found: re.Match[str]) -> str:
    minus, digits, unit = "-" if found["minus"] else "", found["digits"], found["unit"].lower()
    if plain := _PLAIN.fullmatch(digits):
        whole = re.sub(r"\D", "", plain["whole"]).lstrip("0") or "0"
        part = (plain["part"] or "").rstrip("0")
        value = f"{whole}.{part}" if part else whole
        return f"{minus if value != '0' else ''}{value}{unit}"
    return f"{minus}{digits}{unit}"


def _worded(text: str) -> set[str]:
    """What words say: one alone its number where it has one, several in a row as they stand."""
    found: set[str] = set()
    row: list[str] = []
    for word in [*_WORD.findall(text.lower()), ""]:
        if says_number(word) or (row and word in JOINTS):
            row.append(word)
            continue
        while row and not says_number(row[-1]):
            row.pop()
        if row:
            found.add(CARDINALS.get(row[0], row[0]) if len(row) == 1 else " ".join(row))
        row = []
    return found


def objection(text: str, wording: str) -> str | None:
    """Why `wording` may not stand for `text`; None where it may.

    It must say something in plain sentences, not be too long, and hold no number that the text does not, in whatever
    writing. Of other words nothing is asked: what they mean can't be checked, so the page says who wrote them.
    """
    if not wording.strip():
        return "it is empty"
    if len(wording) > LONGEST * len(text):
        return "it is too long"
    added = {*wording} - {*text}
    if added & MARKUP or any(category(sign) in HIDDEN for sign in added):
        return "it is no plain text"
    return "it holds a number that the text does not" if numbers(wording) - numbers(text) else None
