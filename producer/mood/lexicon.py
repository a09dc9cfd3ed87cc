"""Reads the lexicon of financial news, `lexicon.txt`, which explains its sections."""

from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "lexicon.txt"


class Lexicon(NamedTuple):
    """The sections of the file: words of movement and what moves; phrases and words with their values."""

    up: frozenset[str]
    down: frozenset[str]
    steep: frozenset[str]
    burdens: frozenset[str]
    rates: frozenset[str]
    earning_rates: frozenset[str]
    conjunctions: frozenset[str]
    costly_prices: str
    phrases: dict[str, float]
    words: dict[str, float]


def finance_lexicon() -> Lexicon:
    """The lexicon in the file."""
    sections = _sections(FILE.read_text(encoding="utf-8"))

    def words_in(name: str) -> frozenset[str]:
        return frozenset(" ".join(sections[name]).split())

    (costly_prices,) = sections["costly-prices"]
    return Lexicon(
        up=words_in("up"),
        down=words_in("down"),
        steep=words_in("steep"),
        burdens=words_in("burdens"),
        rates=words_in("rates"),
        earning_rates=words_in("earning-rates"),
        conjunctions=words_in("conjunctions"),
        costly_prices=costly_prices,
        phrases={phrase: value for value, phrase in _valued(sections["phrases"])},
        words={word: value for value, group in _valued(sections["words"]) for word in group.split()},
    )


def _valued(lines: list[str]) -> list[tuple[float, str]]:
    """The value at the beginning of each line, and the rest."""
    return [(float(value), rest) for value, rest in (line.split(" ", 1) for line in lines)]


def _sections(text: str) -> dict[str, list[str]]:
    """The lines of each section, without comments."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            lines = found[line.strip("[]")] = []
        elif line and not line.startswith("#"):
            lines.append(line)
    return found
