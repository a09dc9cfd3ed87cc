"""The score of a headline, from -1 (bad for the holders of the share) to 1 (good). Pure.

VADER's rules for negations, emphasis and "but" (C. J. Hutto and E. Gilbert, VADER: A Parsimonious Rule-based Model for
Sentiment Analysis of Social Media Text, 2014), over its lexicon with that of financial news on top. Before that,
symbols such as $HOPE or (NASDAQ: GAIN) are taken out, a phrase of the lexicon becomes one word, and a word of movement
becomes good or bad by what moves. The score is VADER's compound, x / sqrt(x² + 15) of the sum x of all values, rounded
to four decimals.
"""

import re
from functools import cache

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from producer.mood.lexicon import finance_lexicon

SCORER = "vader-3.3.2+finance-2"
"""The version that is stored with each score: another lexicon, or another VADER, is another version."""
NEUTRAL = 0.05
"""Scores closer to zero count as neutral, as VADER's authors propose."""
FAR = 3
"""How many words after a movement what moves is looked for, and how many before it."""
NOTHING = "-"
"""A word without a value."""
MOVE, STEEP_MOVE = 1.9, 2.7
"""Values of a word of movement."""

_SYMBOLS = re.compile(
    r"\$[A-Za-z][A-Za-z.]{0,5}\b"
    r"|\(?\b(?:NYSE|NASDAQ|Nasdaq|AMEX|OTC\w*|LSE|TSX|TSXV|ASX|NSE|BSE)(?: American| Arca)?\s*:\s*[A-Z.]{1,12}\)?"
)
_BRACKETED = re.compile(r"\([A-Z][A-Z.]{0,5}\)")
"""A symbol, unless the whole title is written in capitals."""
_LEXICON = finance_lexicon()
_PHRASES = [re.compile(rf"(?<![\w$-])(?:{pattern})(?![\w-])") for pattern in _LEXICON.phrases]
_COSTLY_PRICES = re.compile(rf"\b{_LEXICON.costly_prices}\b")
_MOVES = {"move-up": MOVE, "steep-up": STEEP_MOVE, "move-down": -MOVE, "steep-down": -STEEP_MOVE}


def score_of(title: str, symbol: str = "") -> float:
    """The score of a headline about a symbol; 0.0 where nothing in it has a value."""
    plain = _without_symbols(title, symbol).lower().replace("’", "'").replace("#", " ")
    text = _COSTLY_PRICES.sub("costs", plain)
    words = _with_phrases(text).split()
    return float(_analyzer().polarity_scores(" ".join(_with_movements(words)))["compound"])


def _without_symbols(title: str, symbol: str) -> str:
    """The title with symbols in place of which nothing is scored: SAVE, GAIN and HOPE are shares."""
    text = _SYMBOLS.sub(NOTHING, title)
    if title.isupper():
        return text
    text = _BRACKETED.sub(NOTHING, text)
    own = symbol.partition(".")[0]
    return re.sub(rf"(?<!\w){re.escape(own)}(?!\w)", NOTHING, text) if own else text


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    analyzer = SentimentIntensityAnalyzer()
    phrases = {_name(place): value for place, value in enumerate(_LEXICON.phrases.values())}
    analyzer.lexicon.update(_LEXICON.words | _MOVES | phrases)
    return analyzer


def _name(place: int) -> str:
    """The word that stands for a phrase."""
    return f"phrase-{place}"


def _with_phrases(text: str) -> str:
    """The text with one word for each phrase; where phrases overlap, the longest is meant, then the first."""
    found = [
        (match.start(), match.end(), _name(place))
        for place, phrase in enumerate(_PHRASES)
        for match in phrase.finditer(text)
    ]
    taken: list[tuple[int, int, str]] = []
    for begin, end, name in sorted(found, key=lambda each: (each[0] - each[1], each)):
        if all(end <= other[0] or begin >= other[1] for other in taken):
            taken.append((begin, end, name))
    for begin, end, name in sorted(taken, reverse=True):
        text = f"{text[:begin]} {name} {text[end:]}"
    return text


def _with_movements(words: list[str]) -> list[str]:
    """The words, with those of movement replaced by what they mean, and without the burdens that move."""
    plain = [word.strip(".,;:!?'\"()") for word in words]
    replaced = list(words)
    for place, word in enumerate(plain):
        if not _is_movement(plain, place):
            continue
        burden = _burden_near(plain, place)
        if burden is not None:
            replaced[burden] = NOTHING
        is_good = (word in _LEXICON.up) != (burden is not None)
        replaced[place] = f"{'steep' if word in _LEXICON.steep else 'move'}-{'up' if is_good else 'down'}"
    return replaced


def _is_movement(plain: list[str], place: int) -> bool:
    """Whether a word moves something: `up` and `down` do so only before a number."""
    word = plain[place]
    if word in ("up", "down"):
        return any(sign.isdigit() for sign in "".join(plain[place + 1 : place + 2]))
    return word in _LEXICON.up or word in _LEXICON.down


def _burden_near(plain: list[str], place: int) -> int | None:
    """The place of the burden that moves: the next one after the movement, else the last one before it."""
    after = range(place + 1, min(place + 1 + FAR, len(plain)))
    before = range(place - 1, max(place - 1 - FAR, -1), -1)
    for side in (after, before):
        for other in side:
            if plain[other] in _LEXICON.conjunctions:
                break
            if plain[other] in _LEXICON.burdens or _is_rate(plain, other):
                return other
    return None


def _is_rate(plain: list[str], place: int) -> bool:
    return plain[place] in _LEXICON.rates and not (place and plain[place - 1] in _LEXICON.earning_rates)
