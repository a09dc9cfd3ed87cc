"""The decoding of a message does not depend on the version of Python."""

import json
from typing import Any

import pytest

from shared.errors import BadMessage
from shared.market.messages import DEEPEST_NESTING, decode
from tests.unit.shared.market.quote_message import NOON_MS, QUOTE


def nested(depth: int, opening: str = '{"a":', closing: str = "}") -> str:
    """JSON with so many brackets around a number."""
    return opening * depth + "1" + closing * depth


def quote_with(more: str, **changes: Any) -> bytes:
    """A quote with one field of a name that no record has."""
    return (json.dumps({**QUOTE, **changes})[:-1] + f', "more": {more}}}').encode()


@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ("[", "]")])
def test_the_deepest_message_that_is_a_record_is_the_same_under_every_python(
    opening: str, closing: str
) -> None:
    """Scenario: under 3.11 a field nested 1,000 deep was refused, under 3.13 the same message was a quote."""
    inside = DEEPEST_NESTING - 1
    assert decode(quote_with(nested(inside, opening, closing)), NOON_MS)
    with pytest.raises(BadMessage, match=r"^nested too deeply$"):
        decode(quote_with(nested(inside + 1, opening, closing)), NOON_MS)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"b":['])
def test_brackets_without_end_have_one_reason_under_every_python(opening: str) -> None:
    """Scenario: 3.13 named them "not JSON: Input data was truncated"."""
    with pytest.raises(BadMessage, match=r"^nested too deeply$"):
        decode((opening * DEEPEST_NESTING * 2).encode(), NOON_MS)


def test_brackets_within_a_text_or_beside_one_another_are_not_nested() -> None:
    """Scenario: a text full of brackets, with an escaped quotation mark before them, is only a text."""
    text = json.dumps('\\"' + "[{" * DEEPEST_NESTING)
    assert decode(quote_with(text), NOON_MS) == decode(quote_with("[" + "[]," * 2000 + "[]]"), NOON_MS)
