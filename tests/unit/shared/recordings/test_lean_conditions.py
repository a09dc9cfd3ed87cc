"""LEAN's mask of sale conditions."""

import pytest

from shared.market.trade_conditions import TAPE
from shared.recordings.lean_conditions import CODES, conditions_of


@pytest.mark.parametrize(
    ("mask", "conditions"),
    [
        ("0", None),
        ("1", None),
        ("", None),
        ("20", "F"),
        ("20000020", "F"),
        ("80000020", "FI"),
        ("2000", "T"),
        ("400", "T"),
        ("6000", "U"),
        ("4800", "Z"),
        ("20100200", "4W"),
        ("1000000\n", "M"),
    ],
)
def test_bits_are_codes_of_the_tape(mask: str, conditions: str | None) -> None:
    assert conditions_of(mask) == conditions


def test_every_code_has_a_rule() -> None:
    assert set(CODES) - {"."} <= TAPE.keys()
    assert len(CODES) == 32


@pytest.mark.parametrize("mask", ["x", "-1", "100000000"])
def test_text_that_is_no_mask_is_refused(mask: str) -> None:
    with pytest.raises(ValueError, match=r"mask|invalid literal"):
        conditions_of(mask)
