"""Number words in English and, where unambiguous, in German, French, Spanish and Italian. Pure."""

_UNITS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty
"""
_TENS = "thirty forty fifty sixty seventy eighty ninety hundred"
CARDINALS = {
    **{word: str(value) for value, word in enumerate(_UNITS.split())},
    **{word: str(10 * ten) for ten, word in enumerate(_TENS.split(), 3)},
    "thousand": "1000",
    "million": "1000000",
    "billion": "1000000000",
    "trillion": "1000000000000",
}
"""Words for exactly one number, with its digits."""

_OTHERS = """
half halves halved halving quarter quarters quartered double doubles doubled doubling twice thrice triple triples
tripled tripling treble trebled quadruple quadrupled quintuple quintupled sextupled couple pair pairs duo trio quartet
dozen dozens score scores decade decades century centuries single
first second seconds third thirds fourth fourths fifth fifths sixth sixths seventh sevenths eighth eighths ninth ninths
tenth tenths eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth
k m mn mm bn b tn t grand lakh lakhs crore crores
null ein eins zwei drei vier fünf fuenf sechs sieben acht neun zehn elf zwölf zwoelf halb doppelt
deux trois quatre cinq sept huit neuf dix onze douze treize quatorze quinze vingt trente quarante
cinquante mille moitié
uno dos tres cuatro cinco seis siete ocho nueve diez doce trece catorce veinte treinta cien mil mitad
due tre quattro cinque sei sette otto nove dieci undici dodici venti trenta cento metà doppio
"""
OTHERS = frozenset(_OTHERS.split())
"""Words for fractions, ranks, multiples and abbreviations, and number words of other languages."""

_PARTS = """
hundred thousand million billion trillion milliard hundert tausend fold twenty thirty forty fifty sixty seventy eighty
ninety teen zehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig soixante cientos cento
"""
PARTS = tuple(_PARTS.split())
"""Parts that make a longer word a number word, such as zweihundert or tenfold."""

CONNECTORS = frozenset(("and", "a", "an", "point", "of", "und", "et", "y", "e", "komma", "virgule", "coma"))
"""Words that join two number words into one number: two and a half."""


def is_number_word(word: str) -> bool:
    """Whether a word in lower case expresses a number."""
    return word in CARDINALS or word in OTHERS or any(part in word for part in PARTS)
