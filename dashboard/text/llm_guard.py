"""Checks that a reworded text has only the numbers of the original, with the same units. Pure.

A doubtful rewording is rejected; the original is then shown.
"""

import re
import string
from collections.abc import Iterator
from unicodedata import category, decimal, normalize, numeric

from dashboard.text.number_words import CARDINALS, CONNECTORS, is_number_word
from dashboard.text.plain_words import MEASURES, PLAIN, SPELLED

MAX_LENGTH_RATIO = 2.0
"""The longest allowed wording, relative to the text."""
MARKUP = frozenset("{}[]<>`|\\*_#~^=&@")
"""Characters of markup, code and data, which could show or hide anything."""
HIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Me"}
"""Unicode categories of invisible characters and of enclosing marks."""
SENTENCES = frozenset(
    string.ascii_letters + string.digits + " .,;:!?()'\"-\u2013\u2014\u2212\u2018\u2019\u201c\u201d\u2026"
)
"""Characters of English sentences. Any other character must occur in the text itself."""

_SIGN = r"(?P<minus>(?<![\w.,%)])[-\u2212\u2013][$\u20ac\u00a3\u00a5\u20b9\u20a9\u20aa]?)?"
_NUMBER = re.compile(
    _SIGN + r"(?P<digits>\d+(?:(?:[.,:/\u2044'\u2019\u00b7^]| (?=\d{3}(?!\d)))\d+)*)" + r"(?P<unit>[^\W\d_]*)"
)
"""Digits with the characters that join them, their sign, and directly following letters: 5k is not 5."""
_PLAIN = re.compile(r"(?P<whole>\d{1,3}(?:[,'\u2019]\d{3})+|\d+)(?:\.(?P<part>\d+))?")
_WORD = re.compile(r"(?<!\w)[^\W\d_]+")
_SPOKEN = re.compile(r"(?<!\w)[^\W\d_]+(?:'[^\W\d_]+)*")
"""A word including parts joined by apostrophes."""
_JOINED = re.compile(r"\w+(?:[.:/]+\w+)+")
"""Words or numbers joined without a space: possibly an address, if not a number."""
_UNIT = r"[^\w\s.,;:!?()'\"\u2010-\u2015\u2212\u2018-\u201d\u2026-]"
_BEFORE = re.compile(rf"(?:\b[A-Z]{{1,2}})?{_UNIT}(?=\s?$)")
_BEHIND = re.compile(
    rf"(?:\s?(?P<sign>{_UNIT}))?(?:[\s(\"'\u2010-\u2015\u2018-\u201d-]*(?P<word>[^\W\d_]+))?"
)
_ROMAN = re.compile(r"\b(?=[MDCLXVI]{2,}\b)M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})\b")


def numbers(text: str) -> set[str]:
    """The numbers of a text in a normal form: 1,204.50 as 1204.5, two as 2, any minus as -, without a percent sign.
    Numbers without a normal form are returned as written: half, 1/2, 1,2, twenty-one."""
    signs, rest = _split_signs(text)
    found = {_notation(number) for number in _NUMBER.finditer(rest)}
    return signs | found | set(_ROMAN.findall(rest)) | _worded(rest)


def _split_signs(text: str) -> tuple[set[str], str]:
    """Numeric characters that are not digits, such as ½, ② and 五, and the text without them and with ASCII digits.

    A numeric character next to digits is returned as written, because both form one number: 10³ is not 103.
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
    """The numbers in words: a single word as digits if possible, several in a row as written."""
    found: set[str] = set()
    row: list[str] = []
    for word in [*_spoken(text), ""]:
        if is_number_word(word) or (row and word in CONNECTORS):
            row.append(word)
            continue
        while row and not is_number_word(row[-1]):
            row.pop()
        if row:
            found.add(CARDINALS.get(row[0], row[0]) if len(row) == 1 else " ".join(row))
        row = []
    return found


def _strange_words(text: str, wording: str) -> set[str]:
    """Words of a wording that are neither in its text nor on the allowlist."""
    allowed = PLAIN | MEASURES | {*_spoken(text)} | {word for word, sign in SPELLED.items() if sign in text}
    return {word for word in _spoken(wording) if not (word in allowed or is_number_word(word))}


def _spoken(text: str) -> Iterator[str]:
    """The words in lower case."""
    for word in _SPOKEN.findall(text.replace("\u2019", "'").lower()):
        yield word.removesuffix("'s")


def _quantities(text: str) -> set[tuple[str, str]]:
    """Each number, without its minus, paired with the sign before it, the sign after it and the word after it, such as
    ("5", "%"). A word for a sign counts as that sign."""
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


def _has_other_units(text: str, wording: str) -> bool:
    """Whether a number has a unit that it does not have in the text; allowlisted words are not units."""
    added = _quantities(wording) - _quantities(text)
    return any(unit not in PLAIN for _, unit in added)


def objection(text: str, wording: str) -> str | None:
    """Why `wording` may not replace `text`; None if it may.

    A wording must be plain sentences of limited length, without numbers that the text does not have, in any notation,
    and without other units. Its words must be in the text or on the allowlist, so that no number of another language,
    unit or address passes. The meaning of allowed words can't be checked, so the page names the author.
    """
    if not wording.strip():
        return "it is empty"
    if len(wording) > MAX_LENGTH_RATIO * len(text):
        return "it is too long"
    added = {*wording} - {*text}
    if added & MARKUP or any(category(sign) in HIDDEN for sign in added):
        return "it is not plain text"
    if numbers(wording) - numbers(text):
        return "it has a number that is not in the text"
    return _objection_to_words(*(_split_signs(each)[1] for each in (text, wording)))


def _objection_to_words(text: str, wording: str) -> str | None:
    """The part of `objection` about words and units, for texts with ASCII digits only."""
    joined = {
        each for each in _JOINED.findall(wording) if not each.replace(":", "").replace(".", "").isdigit()
    }
    if any(each not in text for each in joined):
        return "it may contain an address"
    if {*wording} - {*text} - SENTENCES:
        return "it has a character that is not in the text"
    if _strange_words(text, wording):
        return "it has a word that is neither in the text nor on the allowlist"
    return "it has a number with another unit" if _has_other_units(text, wording) else None
