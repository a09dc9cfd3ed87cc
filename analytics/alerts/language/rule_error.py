"""A rule that can't be read, with the place of the fault. Pure."""

from collections.abc import Iterable
from difflib import get_close_matches

from shared.errors import TickstreamError

EXCERPT = 100
"""So many characters of a long line are shown around the place."""


class Fault(Exception):
    """A fault at a place of an expression, which is an offset in its text; the message states what was expected."""

    def __init__(self, place: int, message: str) -> None:
        super().__init__(message)
        self.place = place


class RuleError(TickstreamError):
    """The text of a rule has a fault; `line` and `column` count from 1.

    The message shows the line with a caret below the place, and states what was expected.
    """

    def __init__(self, text: str, place: int, fault: str) -> None:
        begin = text.rfind("\n", 0, place) + 1
        line, _, _ = text[begin:].partition("\n")
        self.line, self.column, self.fault = text.count("\n", 0, place) + 1, place - begin + 1, fault
        super().__init__(f"{_excerpt(line, place - begin)}\nline {self.line}, column {self.column}: {fault}")


def _excerpt(line: str, place: int) -> str:
    """The line around the place, with a caret below it; signs that can't be printed are shown as spaces."""
    first = max(0, place - EXCERPT // 2)
    shown = "".join(sign if sign.isprintable() else " " for sign in line[first : first + EXCERPT])
    before, after = ("…" if first else ""), ("…" if first + EXCERPT < len(line) else "")
    return f"{before}{shown}{after}\n{' ' * (len(before) + place - first)}^"


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a sentence that suggests the known name most similar to `name`; empty if none is similar."""
    found = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""
