"""Does another wording of a text still say its numbers, in their units, and no others? Pure.

A wording is thrown away at the least doubt: then the text itself stays, and nothing is lost.
"""

import re
import string
from collections.abc import Iterator
from unicodedata import category, decimal, normalize, numeric

from dashboard.text.number_words import CARDINALS, JOINTS, says_number
from dashboard.text.plain_words import MEASURES, PLAIN, SPELLED

LONGEST = 2.0
"""A wording may be so many times as long as its text."""
MARKUP = frozenset("{}[]<>`|\\*_#~^=&@")
"""What sentences don't need: markup, code and data may show or hide anything."""
HIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Me"}
"""Categories of characters that nobody sees, and of those drawn around others."""
SENTENCES = frozenset(
    string.ascii_letters + string.digits + " .,;:!?()'\"-\u2013\u2014\u2212\u2018\u2019\u201c\u201d\u2026"
)
"""What English sentences are written with. Any other letter or sign the text itself must have."""

_SIGN = r"(?P<minus>(?<![\w.,%)])[-\u2212\u2013][$\u20ac\u00a3\u00a5\u20b9\u20a9\u20aa]?)?"
_NUMBER = re.compile(
    _SIGN + r"(?P<digits>\d+(?:(?:[.,:/\u2044'\u2019\u00b7^]| (?=\d{3}(?!\d)))\d+)*)" + r"(?P<unit>[^\W\d_]*)"
)
"""Digits with all that may join them, their sign, and the letters that follow at once: 5k is not 5."""
_PLAIN = re.compile(r"(?P<whole>\d{1,3}(?:[,'\u2019]\d{3})+|\d+)(?:\.(?P<part>\d+))?")
_WORD = re.compile(r"(?<!\w)[^\W\d_]+")
_SPOKEN = re.compile(r"(?<!\w)[^\W\d_]+(?:'[^\W\d_]+)*")
"""A word with what an apostrophe joins to it."""
_JOINED = re.compile(r"\w+(?:[.:/]+\w+)+")
"""Words or numbers with no space between them: what is no number may be an address."""
_UNIT = r"[^\w\s.,;:!?()'\"\u2010-\u2015\u2212\u2018-\u201d\u2026-]"
_BEFORE = re.compile(rf"(?:\b[A-Z]{{1,2}})?{_UNIT}(?=\s?$)")
_BEHIND = re.compile(
    rf"(?:\s?(?P<sign>{_UNIT}))?(?:[\s(\"'\u2010-\u2015\u2018-\u201d-]*(?P<word>[^\W\d_]+))?"
)
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
    for word in [*_spoken(text), ""]:
        if says_number(word) or (row and word in JOINTS):
            row.append(word)
            continue
        while row and not says_number(row[-1]):
            row.pop()
        if row:
            found.add(CARDINALS.get(row[0], row[0]) if len(row) == 1 else " ".join(row))
        row = []
    return found


def _strange_words(text: str, wording: str) -> set[str]:
    """Words of a wording that its text does not have and that are no plain English ones either."""
    allowed = PLAIN | MEASURES | {*_spoken(text)} | {word for word, sign in SPELLED.items() if sign in text}
    return {word for word in _spoken(wording) if not (word in allowed or says_number(word))}


def _spoken(text: str) -> Iterator[str]:
    """The words in lower case."""
    for word in _SPOKEN.findall(text.replace("\u2019", "'").lower()):
        yield word.removesuffix("'s")


def _quantities(text: str) -> set[tuple[str, str]]:
    """Each number, whatever its minus, with the sign before or behind it, and with the word behind it: ("5", "%").
    A word that stands for a sign counts as this sign."""
    counted = _WORD.sub(lambda word: CARDINALS.get(word[0].lower(), word[0]), text)
    return {(value, unit) for value, unit in _units(counted) if unit}


def _units(text: str) -> Iterator[tuple[str, str]]:
    for number in _NUMBER.finditer(text):
        value = _notation(number).removeprefix("-")
        before, behind = _BEFORE.search(text, 0, number.start("digits")), _BEHIND.match(text, number.end())
        yield value, before[0] if before else ""
        if behind:
            word = (behind["word"] or "").lower()
            yield value, behind["sign"] or ""
            yield value, SPELLED.get(word, word)


def _says_other_units(text: str, wording: str) -> bool:
    """Whether a number has a sign or a word at it that its text does not give it; a plain word is no unit."""
    added = _quantities(wording) - _quantities(text)
    return any(unit not in PLAIN for _, unit in added)


def objection(text: str, wording: str) -> str | None:
    """Why `wording` may not stand for `text`; None where it may.

    It must say something in plain sentences, not be too long, and hold no number that the text does not, in whatever
    writing, nor another unit of one. Its words must be of the text or plain English ones, so that nothing passes that
    could be a number in another language, a unit or an address. What plain words mean can't be checked, so the page
    says who wrote them.
    """
    if not wording.strip():
        return "it is empty"
    if len(wording) > LONGEST * len(text):
        return "it is too long"
    added = {*wording} - {*text}
    if added & MARKUP or any(category(sign) in HIDDEN for sign in added):
        return "it is not plain text"
    if numbers(wording) - numbers(text):
        return "it holds a number that the text does not"
    return _objection_to_words(*(_signs_apart(each)[1] for each in (text, wording)))


def _objection_to_words(text: str, wording: str) -> str | None:
    """As `objection`, of texts in which only digits of ASCII are left."""
    joined = {
        each for each in _JOINED.findall(wording) if not each.replace(":", "").replace(".", "").isdigit()
    }
    if any(each not in text for each in joined):
        return "it holds what may be an address"
    if {*wording} - {*text} - SENTENCES:
        return "it holds a letter or a sign that the text does not"
    if _strange_words(text, wording):
        return "it holds a word that is neither in the text nor a plain one"
    return "it gives a number another unit" if _says_other_units(text, wording) else None
