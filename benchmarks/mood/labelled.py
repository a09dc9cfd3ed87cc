"""The labelled headlines, in two halves.

A title is in the put-away half if the first byte of its SHA-256 is odd: the split depends on no order and no chance.
The lexicon was written with the first half alone, and the put-away half was scored once afterwards, and once for each
later version of the lexicon.
"""

import csv
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "headlines.csv"
LABELS = ("negative", "neutral", "positive")


class Labelled(NamedTuple):
    """A headline, and what it means to the holders of the share: one of LABELS."""

    label: str
    title: str


def labelled() -> list[Labelled]:
    """All headlines, in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return [Labelled(row["label"], row["title"]) for row in rows]


def is_put_away(title: str) -> bool:
    """Whether a title belongs to the half that no lexicon was written with."""
    return sha256(title.encode()).digest()[0] % 2 == 1


def halves() -> tuple[list[Labelled], list[Labelled]]:
    """The half that the lexicon was written with, and the put-away half."""
    found = labelled()
    return [each for each in found if not is_put_away(each.title)], [
        each for each in found if is_put_away(each.title)
    ]
