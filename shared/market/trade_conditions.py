"""The sale conditions of trades, and what a trade with them updates by the rules of the consolidated tape. Pure.

A quote's `conditions` hold one character per condition: the code of the UTP Plan's trade feed, and E for automatic
execution, which only the CTA Plan's feed has. A regular sale has none. The two plans that make up the consolidated tape
of American shares state for each condition whether a trade updates the consolidated high and low, the last price and
the volume:

CTA   Consolidated Tape System, Pillar Multicast Output Binary Specification 2.7a (June 2020), table of sale conditions,
      https://www.ctaplan.com
UTP   UTP Plan, Trade Data Feed Specification 14.4 (November 2015), sale condition matrix, https://www.utpplan.com,
      and UTP Vendor Alerts 2013-6 (odd lots) and 2015-4 (contingent trades)

A trade with several conditions updates what all of them allow. Open and last have one rule, because the open of a bar
is its first last price. Where the plans let a condition update the last price only as the first trade of the day, or
only at the market that made it, it never does here: the price is not current. A corrected close updates the day in the
plans; here it updates nothing, because it is no trade of its own minute.

Outside of the regular session, two conditions have no effect. Form T marks every trade of the extended hours: the plans
count it in the day's volume alone, and these hours would have no bars. Sweeps always count there. Of a symbol without
an exchange no session is known: form T has no effect at any time.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple


class Updates(NamedTuple):
    """What a trade updates; `last` stands for open and last."""

    last: bool
    high_low: bool
    volume: bool


EVERYTHING = Updates(last=True, high_low=True, volume=True)
RANGE = Updates(last=False, high_low=True, volume=True)
VOLUME = Updates(last=False, high_low=False, volume=True)
NOTHING = Updates(last=False, high_low=False, volume=False)
NAMED = {"all": EVERYTHING, "range": RANGE, "volume": VOLUME, "none": NOTHING}
"""The rules of a setting. Each allows what the next one does and more, so the least of several is what all allow."""

FORM_T = "T"
SWEEP = "F"
REGULAR_HOURS_ONLY = str.maketrans("", "", FORM_T + SWEEP)
"""Removes the conditions that have no effect outside of the regular session."""


class SaleCondition(NamedTuple):
    """A sale condition: its name, what it allows a trade to update, and the plans that state this."""

    name: str
    updates: Updates
    source: str


TAPE: Mapping[str, SaleCondition] = {
    "A": SaleCondition("acquisition", EVERYTHING, "UTP"),
    "B": SaleCondition("bunched trade", EVERYTHING, "UTP"),
    "C": SaleCondition("cash sale", VOLUME, "CTA, UTP"),
    "D": SaleCondition("distribution", EVERYTHING, "UTP"),
    "E": SaleCondition("automatic execution", EVERYTHING, "CTA"),
    SWEEP: SaleCondition("intermarket sweep", EVERYTHING, "CTA, UTP"),
    "G": SaleCondition("bunched sold trade", RANGE, "UTP"),
    "H": SaleCondition("price variation", VOLUME, "CTA, UTP"),
    "I": SaleCondition("odd lot", VOLUME, "CTA, UTP"),
    "K": SaleCondition("rule 127 or 155", EVERYTHING, "CTA, UTP"),
    "L": SaleCondition("sold last, reported late", RANGE, "CTA, UTP"),
    "M": SaleCondition("official close of a market center", NOTHING, "CTA, UTP"),
    "N": SaleCondition("next day settlement", VOLUME, "CTA, UTP"),
    "O": SaleCondition("opening trade", EVERYTHING, "UTP"),
    "P": SaleCondition("prior reference price", RANGE, "CTA, UTP"),
    "Q": SaleCondition("official open of a market center", NOTHING, "CTA, UTP"),
    "R": SaleCondition("seller's option", VOLUME, "CTA"),
    "S": SaleCondition("split trade", EVERYTHING, "UTP"),
    FORM_T: SaleCondition("form T, extended hours", VOLUME, "CTA, UTP"),
    "U": SaleCondition("extended hours, out of sequence", VOLUME, "CTA, UTP"),
    "V": SaleCondition("contingent trade", VOLUME, "CTA, UTP"),
    "W": SaleCondition("average price", VOLUME, "CTA, UTP"),
    "X": SaleCondition("cross trade", EVERYTHING, "CTA, UTP"),
    "Y": SaleCondition("yellow flag", EVERYTHING, "UTP"),
    "Z": SaleCondition("sold out of sequence", RANGE, "CTA, UTP"),
    "1": SaleCondition("stopped stock", EVERYTHING, "UTP"),
    "4": SaleCondition("derivatively priced", RANGE, "CTA, UTP"),
    "5": SaleCondition("reopening trade", EVERYTHING, "CTA, UTP"),
    "6": SaleCondition("closing trade", EVERYTHING, "CTA, UTP"),
    "7": SaleCondition("qualified contingent trade", VOLUME, "CTA, UTP"),
    "8": SaleCondition("exempt from rule 611", EVERYTHING, "UTP"),
    "9": SaleCondition("corrected consolidated close", NOTHING, "CTA, UTP"),
}

READINGS: Mapping[str, Mapping[str, Updates]] = {
    "tape": {code: condition.updates for code, condition in TAPE.items()},
    "without-sweeps": {code: condition.updates for code, condition in TAPE.items()} | {SWEEP: VOLUME},
    "all": {},
}
"""The rules by the first word of the setting. The tape counts sweeps; the minute bars of LEAN leave their prices out in
the regular session. With "all", conditions have no effect."""


@lru_cache(maxsize=16)
def rules_of(setting: str) -> Mapping[str, Updates]:
    """The rules of a setting: a reading, then changes of single conditions, such as "tape,I:all,P:volume".

    Raises ValueError if it names an unknown reading, condition or rule.
    """
    reading, *changes = setting.split(",")
    if reading not in READINGS:
        raise ValueError(f"must begin with one of {', '.join(READINGS)}, not with {reading!r}")
    return {**READINGS[reading], **dict(map(_changed, changes))}


def _changed(change: str) -> tuple[str, Updates]:
    code, _, rule = change.partition(":")
    if code not in TAPE or rule not in NAMED:
        raise ValueError(
            f"{change!r} is no change of a condition: must be its code, a colon and one of {', '.join(NAMED)}"
        )
    return code, NAMED[rule]


@lru_cache(maxsize=4096)
def updates_of(conditions: str, setting: str, is_regular: bool) -> Updates:
    """What a trade with these conditions updates; `is_regular` is whether it falls in the regular session.

    A code that the rules do not have updates everything.
    """
    rules = rules_of(setting)
    codes = conditions if is_regular else conditions.translate(REGULAR_HOURS_ONLY)
    return min((rules.get(code, EVERYTHING) for code in codes), default=EVERYTHING)
