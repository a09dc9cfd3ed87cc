"""Splits a script in Pine into its statements. Pure."""

import re
from typing import NamedTuple

from analytics.alerts.language.rule_error import Fault

TEXT_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*')
BLOCK = re.compile(r"\s*(if|else)\b")


class Statement(NamedTuple):
    """The text of a statement without comments, and where it begins; `within` is whether it is indented in an if."""

    begin: int
    text: str
    within: bool


def without_comments(script: str) -> str:
    """The script with a space for each sign of a comment, so that all places stay."""

    def blank(found: re.Match[str]) -> str:
        return " " * len(found.group()) if found.group().startswith("//") else found.group()

    return TEXT_OR_COMMENT.sub(blank, script)


def statements(script: str) -> list[Statement]:
    """The statements of a script. An indented line continues the one before it, unless that is an if.

    Raises Fault where a bracket is not closed.
    """
    found: list[Statement] = []
    place = open_here = 0
    for line in without_comments(script).splitlines(keepends=True):
        begin, place = place, place + len(line)
        if not line.strip():
            continue
        is_indented = line[0] in " \t"
        is_within = is_indented and bool(found) and (found[-1].within or bool(BLOCK.match(found[-1].text)))
        if found and (open_here or (is_indented and not is_within)):
            last = found.pop()
            found.append(last._replace(text=last.text + " " * (begin - last.begin - len(last.text)) + line))
        else:
            found.append(Statement(begin, line, is_within))
        open_here += _opened(line)
    if open_here > 0:
        raise Fault(found[-1].begin, "a bracket that opens here or later is never closed")
    return found


def _opened(line: str) -> int:
    plain = TEXT_OR_COMMENT.sub("", line)
    return sum(plain.count(sign) for sign in "([") - sum(plain.count(sign) for sign in ")]")
